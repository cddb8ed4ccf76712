using Number = NanoAttention.Kernels.Dual<NanoAttention.Tests.Gradients.Real>;

namespace NanoAttention.Tests.Gradients;

static partial class Trials
{
    public static Trial Slice(Draw d)
    {
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis), step = d.Int(1, 2), start = d.Int(0, x.Shape[a] - 1),
            count = d.Int(0, (x.Shape[a] - 1 - start) / step + 1);
        return new($"Slice({axis}, {start}, {count}, {step}) of {x}", [x], t => t[0].Slice(axis, start, count, step),
            g => Grid.Lines(g[0], a, line => [.. Enumerable.Range(0, count).Select(k => line[start + k * step])]));
    }

    public static Trial SliceScatter(Draw d)
    {
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis), step = d.Int(1, 2), start = d.Int(0, x.Shape[a] - 1),
            count = d.Int(0, (x.Shape[a] - 1 - start) / step + 1);
        return new($"SliceScatter({axis}, {start}, {count} numbers, {step}) into {x}", [x, d.Tensor(x.Shape.With(a, count))],
            t => t[0].SliceScatter(t[1], axis, start, step), g => Grid.Of(x.Shape, i =>
            {
                int k = i[a] - start;
                return k >= 0 && k % step == 0 && k / step < count ? g[1][i.With(a, k / step)] : g[0][i];
            }));
    }

    public static Trial Select(Draw d)
    {
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis), n = x.Shape[a], at = d.Int(-n, n - 1);
        return new($"Select({axis}, {at}) of {x}", [x], t => t[0].Select(axis, at), g =>
            Grid.Of(x.Shape.Without(a), i => g[0][i.Insert(a, (at + n) % n)]));
    }

    public static Trial Concat(Draw d)
    {
        var shape = d.Shape(1, 3);
        int axis = d.Axis(shape.Rank), a = shape.Axis(axis);
        Operand[] parts = [.. Enumerable.Range(0, d.Int(1, 3)).Select(_ => d.Tensor(shape.With(a, d.Int(0, 3))))];
        return new($"Concat({string.Join<Operand>(", ", parts)} along {axis})", parts, t => Tensor.Concat(t, axis),
            g => Grid.Of(shape.With(a, parts.Sum(p => p.Shape[a])), i =>
            {
                int part = 0, k = i[a];
                for (; k >= parts[part].Shape[a]; part++) k -= parts[part].Shape[a];
                return g[part][i.With(a, k)];
            }));
    }

    public static Trial Stack(Draw d)
    {
        var shape = d.Shape(0, 3);
        int axis = d.Axis(shape.Rank + 1), a = axis < 0 ? axis + shape.Rank + 1 : axis, n = d.Int(1, 3);
        return new($"Stack of {n} {shape} along {axis}", [.. Enumerable.Range(0, n).Select(_ => d.Tensor(shape))], t =>
            Tensor.Stack(t, axis),
            g => Grid.Of(shape.Insert(a, n), i => g[i[a]][i.Without(a)]));
    }

    public static Trial Split(Draw d)
    {
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis), first = d.Int(0, x.Shape[a]), rest = x.Shape[a] - first;
        return new($"Split([{first}, {rest}], {axis}) of {x}, the parts exchanged", [x],
            t => t[0].Split([first, rest], axis) is [var p, var q] ? Tensor.Concat([q, p], axis) : throw new InvalidOperationException(),
            g => Grid.Lines(g[0], a, line => [.. line.Skip(first), .. line.Take(first)]));
    }

    public static Trial Unbind(Draw d)
    {
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis);
        return new($"Unbind({axis}) of {x}, stacked in front", [x], t => Tensor.Stack(t[0].Unbind(axis)),
            g => Grid.Of(x.Shape.Without(a).Insert(0, x.Shape[a]), i => g[0][i[1..].Insert(a, i[0])]));
    }

    public static Trial Permute(Draw d)
    {
        var x = d.Tensor(0, 4, filled: false);
        int[] order = d.Order(x.Shape.Rank);
        return new($"{x} permuted to [{string.Join(", ", order)}]", [x], t => t[0].Permute(order), g =>
            Grid.Of([.. order.Select(a => x.Shape[a])], i =>
                g[0][[.. Enumerable.Range(0, order.Length).Select(a => i[Array.IndexOf(order, a)])]]));
    }

    public static Trial Flatten(Draw d)
    {
        var x = d.Tensor(1, 4, filled: false);
        int from = d.Int(0, x.Shape.Rank - 1), to = d.Int(from, x.Shape.Rank - 1);
        return new($"Flatten({from}, {to}) of {x}", [x], t => t[0].Flatten(from, to), g =>
            g[0].Reshape([.. x.Shape[..from], x.Shape[from..(to + 1)].Count, .. x.Shape[(to + 1)..]]));
    }

    public static Trial Expand(Draw d)
    {
        var whole = d.Shape(0, 4, filled: false);
        var x = d.Tensor(d.Part(whole));
        return new($"{x} expanded to {whole}", [x], t => t[0].Expand(whole.Sizes), g => Grid.Of(whole, i => g[0].Stretched(i)));
    }

    public static Trial SumTo(Draw d)
    {
        var x = d.Tensor(0, 4, filled: false);
        var part = d.Part(x.Shape);
        return new($"{x} summed to {part}", [x], t => t[0].SumTo(part), g =>
        {
            var sums = Enumerable.Repeat(Num(0), part.Count).ToArray();
            var place = new Grid<int>(part, [.. Enumerable.Range(0, part.Count)]);
            foreach (int[] i in Generators.Indices(x.Shape)) sums[place.Stretched(i)] += g[0][i];
            return new(part, sums);
        });
    }

    public static Trial Gather(Draw d)
    {
        int rows = d.Int(1, 4), n = d.Size();
        var (indices, at) = d.Indices(d.Shape(0, 3, filled: false), rows);
        return new($"({rows}, {n}) gathered by {indices.Shape}", [d.Tensor([rows, n])], t => t[0].Gather(indices),
            g => Grid.Of([.. indices.Shape, n], i => g[0][at[i[..^1]], i[^1]]));
    }

    public static Trial GatherNd(Draw d)
    {
        var x = d.Tensor(1, 4);
        int batch = d.Int(0, 1), k = d.Int(batch == x.Shape.Rank ? 0 : 1, x.Shape.Rank - batch);
        var q = d.Shape(0, 2);
        var (indices, at) = d.Indices([.. x.Shape[..batch], .. q, k], x.Shape[batch..(batch + k)].Sizes.ToArray().Append(5).Min());
        return new($"GatherNd of {x} by {indices.Shape}, batch: {batch}", [x], t => t[0].GatherNd(indices, batch),
            g => Grid.Of([.. x.Shape[..batch], .. q, .. x.Shape[(batch + k)..]], i => g[0][
                [.. i[..batch], .. Enumerable.Range(0, k).Select(j => at[[.. i[..(batch + q.Rank)], j]]), .. i[(batch + q.Rank)..]]]));
    }

    public static Trial GatherBags(Draw d)
    {
        int rows = d.Int(2, 4), n = d.Size(), count = d.Int(1, 6);
        var bag = d.Of(Bag.Sum, Bag.Mean, Bag.Max);
        var (indices, at) = d.Indices([count], rows);
        int second = d.Int(0, count);
        int? padding = d.Flag() ? 0 : null;
        return new($"{bag} of rows [{string.Join(", ", at.Values)}] in bags from 0 and {second}, padding: {padding}", [d.Tensor([rows, n])],
            t => t[0].GatherBags(indices, bag, Tensor.From([0, second], [2]), padding: padding), g => Grid.Of([2, n], i =>
            {
                Number[] there = [.. (i[0] == 0 ? at.Values[..second] : at.Values[second..]).Where(row => row != padding)
                    .Select(row => g[0][row, i[1]])];
                return there.Length == 0 ? Num(0) : bag == Bag.Max ? there.MaxBy(v => v.Plain()) : bag == Bag.Sum ? Grid.Sum(there)
                    : Average(there);
            }));
    }

    public static Trial IndexSelect(Draw d)
    {
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis), n = x.Shape[a];
        var (indices, at) = d.Indices(d.Shape(0, 2, filled: false), n, -n);
        int rank = indices.Rank;
        return new($"IndexSelect({axis}, [{string.Join(", ", at.Values)}]) of {x}", [x], t => t[0].IndexSelect(axis, indices),
            g => Grid.Of([.. x.Shape[..a], .. indices.Shape, .. x.Shape[(a + 1)..]],
                i => g[0][[.. i[..a], (at[i[a..(a + rank)]] + n) % n, .. i[(a + rank)..]]]));
    }

    public static Trial Take(Draw d)
    {
        var x = d.Tensor(0, 3);
        int n = x.Shape.Count;
        var (indices, at) = d.Indices(d.Shape(0, 3, filled: false), n, -n);
        return new($"Take([{string.Join(", ", at.Values)}]) of {x}", [x], t => t[0].Take(indices), g =>
            Grid.Of(indices.Shape, i => g[0].Values[(at[i] + n) % n]));
    }

    public static Trial TakeAlong(Draw d)
    {
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis), n = x.Shape[a];
        var (indices, at) = d.Indices(AlongSome(d, x.Shape, a), n, -n);
        return new($"TakeAlong({axis}, {indices.Shape}: {string.Join(", ", at.Values)}) of {x}", [x], t => t[0].TakeAlong(axis, indices),
            g => Grid.Of(indices.Shape, i => g[0][i.With(a, (at[i] + n) % n)]));
    }

    // sizes up to those of a shape, of any along one axis
    static Shape AlongSome(Draw d, Shape shape, int axis) =>
        [.. shape.Sizes.ToArray().Select((size, i) => i == axis ? d.Int(1, 4) : d.Int(1, size))];

    static readonly ScatterReduction[] reductions = Enum.GetValues<ScatterReduction>();

    public static Trial Scatter(Draw d)
    {
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis), n = x.Shape[a];
        var (indices, at) = d.Indices(AlongSome(d, x.Shape, a), n, -n);
        var (how, self) = (d.Of(reductions), d.Flag());
        return new($"Scatter({axis}, {indices.Shape}: {string.Join(", ", at.Values)}, {how}, self: {self}) into {x}",
            [x, d.Tensor(indices.Shape)],
            t => t[0].Scatter(axis, indices, t[1], how, self), g => Grid.Of(x.Shape, i => Put(how, self, g[0][i],
                Generators.Indices(indices.Shape).Where(j => j.With(a, (at[j] + n) % n).SequenceEqual(i)).Select(j => g[1][j]))));
    }

    // what becomes of a number where others are put
    static Number Put(ScatterReduction how, bool self, Number there, IEnumerable<Number> put)
    {
        Number[] given = [.. put], all = self ? [there, .. given] : given;
        if (given.Length == 0) return there;
        return how switch
        {
            ScatterReduction.None => given[^1],
            ScatterReduction.Sum => Grid.Sum(all),
            ScatterReduction.Product => Grid.Product(all),
            ScatterReduction.Max => all.MaxBy(v => v.Plain()),
            ScatterReduction.Min => all.MinBy(v => v.Plain()),
            _ => Average(all),
        };
    }

    public static Trial IndexPut(Draw d)
    {
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis), n = x.Shape[a];
        var (indices, at) = d.Indices([d.Int(1, 4)], n, -n);
        var (how, self) = (d.Of(reductions), d.Flag());
        return new($"IndexPut({axis}, [{string.Join(", ", at.Values)}], {how}, self: {self}) into {x}",
            [x, d.Tensor(x.Shape.With(a, indices.Count))],
            t => t[0].IndexPut(axis, indices, t[1], how, self), g => Grid.Of(x.Shape, i => Put(how, self, g[0][i],
                Enumerable.Range(0, indices.Count).Where(k => (at[k] + n) % n == i[a]).Select(k => g[1][i.With(a, k)]))));
    }

    public static Trial IndexAdd(Draw d)
    {
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis), n = x.Shape[a];
        var (indices, at) = d.Indices([d.Int(1, 4)], n, -n);
        return new($"IndexAdd({axis}, [{string.Join(", ", at.Values)}]) into {x}", [x, d.Tensor(x.Shape.With(a, indices.Count))],
            t => t[0].IndexAdd(axis, indices, t[1], 0.7), g => Grid.Of(x.Shape, i => g[0][i] + Num(0.7) * Grid.Sum(
                Enumerable.Range(0, indices.Count).Where(k => (at[k] + n) % n == i[a]).Select(k => g[1][i.With(a, k)]))));
    }

    public static Trial ScatterNd(Draw d)
    {
        var x = d.Tensor(1, 3);
        int k = d.Int(1, x.Shape.Rank);
        var (indices, at) = d.Indices([d.Int(1, 4), k], x.Shape[..k].Sizes.ToArray().Min());
        var how = d.Of(reductions);
        return new($"ScatterNd({indices.Shape}: {string.Join(", ", at.Values)}, {how}) into {x}",
            [x, d.Tensor([indices.Shape[0], .. x.Shape[k..]])],
            t => t[0].ScatterNd(indices, t[1], how), g => Grid.Of(x.Shape, i => Put(how, self: true, g[0][i],
                Enumerable.Range(0, indices.Shape[0]).Where(m => Enumerable.Range(0, k).All(j => at[m, j] == i[j]))
                    .Select(m => g[1][[m, .. i[k..]]]))));
    }

    public static Trial MaskedSelect(Draw d)
    {
        var x = d.Tensor(1, 3);
        var (mask, there) = d.Mask(x.Shape[..d.Int(1, x.Shape.Rank)]);
        int[][] trues = [.. Generators.Indices(mask.Shape).Where(i => there[i])];
        return new($"MaskedSelect of {x} by {mask.Shape}", [x], t => t[0].MaskedSelect(mask),
            g => Grid.Of([trues.Length, .. x.Shape[mask.Rank..]], i => g[0][[.. trues[i[0]], .. i[1..]]]));
    }

    public static Trial MaskedScatter(Draw d)
    {
        var x = d.Tensor(1, 3);
        var (mask, there) = d.Mask(x.Shape);
        return new($"MaskedScatter into {x}", [x, d.Tensor([x.Shape.Count + 1])], t => t[0].MaskedScatter(mask, t[1]), g =>
            Grid.Of(x.Shape, i =>
            there[i] ? g[1][Generators.Indices(x.Shape).TakeWhile(j => !j.SequenceEqual(i)).Count(j => there[j])] : g[0][i]));
    }

    public static Trial Compress(Draw d)
    {
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis);
        var (condition, there) = d.Mask([d.Int(1, x.Shape[a])]);
        return new($"Compress({axis}, {condition.Shape}) of {x}", [x], t => t[0].Compress(axis, condition),
            g => Grid.Lines(g[0], a, line => [.. there.Values.Index().Where(p => p.Item).Select(p => line[p.Index])]));
    }

    public static Trial MaskedFill(Draw d)
    {
        var x = d.Tensor(0, 3);
        var (mask, there) = d.Mask(d.Part(x.Shape));
        return new($"MaskedFill of {x} by {mask.Shape}", [x], t => t[0].MaskedFill(mask, 3), g =>
            Grid.Of(x.Shape, i => there.Stretched(i) ? Num(3) : g[0][i]));
    }

    public static Trial Pad(Draw d)
    {
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis), n = x.Shape[a];
        var mode = d.Of(Enum.GetValues<PadMode>());
        int most = mode == PadMode.Reflect ? n - 1 : n, before = d.Int(0, most), after = d.Int(0, most);
        return new($"Pad({axis}, {before}, {after}, {mode}) of {x}", [x], t => t[0].Pad(axis, before, after, mode, 1.5),
            g => Grid.Lines(g[0], a, line =>
                [.. Enumerable.Range(-before, before + n + after).Select(k => k >= 0 && k < n ? line[k] : mode switch
            {
                PadMode.Constant => Num(1.5),
                PadMode.Replicate => k < 0 ? line[0] : line[^1],
                PadMode.Circular => line[(k + n) % n],
                _ => k < 0 ? line[-k] : line[2 * (n - 1) - k],
            })]));
    }

    public static Trial Roll(Draw d)
    {
        int by = d.Int(-5, 5);
        return Along(d, $"Roll({by})", (x, axis) => x.Roll(by, axis), line =>
            [.. line.Select((_, k) => line[((k - by) % line.Length + line.Length) % line.Length])], filled: false);
    }

    public static Trial Flip(Draw d)
    {
        var x = d.Tensor(1, 4, filled: false);
        int[] axes = d.Axes(x.Shape.Rank);
        return new($"Flip([{string.Join(", ", axes)}]) of {x}", [x], t => t[0].Flip(axes),
            g => Grid.Of(x.Shape, i => g[0][[.. i.Select((k, a) => axes.Contains(a) ? x.Shape[a] - 1 - k : k)]]));
    }

    public static Trial RepeatInterleave(Draw d)
    {
        if (d.Flag())
        {
            int count = d.Int(0, 3);
            return Along(d, $"RepeatInterleave({count})", (x, axis) => x.RepeatInterleave(count, axis), line =>
                [.. line.SelectMany(n => Enumerable.Repeat(n, count))]);
        }
        var (x, axis) = Axis(d);
        int a = x.Shape.Axis(axis);
        var (counts, each) = d.Indices([x.Shape[a]], 4);
        return new($"RepeatInterleave([{string.Join(", ", each.Values)}], {axis}) of {x}", [x], t => t[0].RepeatInterleave(counts, axis),
            g => Grid.Lines(g[0], a, line => [.. line.SelectMany((n, k) => Enumerable.Repeat(n, each[k]))]));
    }

    public static Trial Tile(Draw d)
    {
        var x = d.Tensor(0, 3, filled: false);
        int[] counts = [.. Enumerable.Range(0, d.Int(1, 3)).Select(_ => d.Int(1, 3))];
        int rank = Math.Max(x.Shape.Rank, counts.Length);
        int[] all = [.. Enumerable.Repeat(1, rank - counts.Length), .. counts],
            sizes = [.. Enumerable.Repeat(1, rank - x.Shape.Rank), .. x.Shape.Sizes];
        return new($"Tile([{string.Join(", ", counts)}]) of {x}", [x], t => t[0].Tile(counts), g =>
            Grid.Of([.. sizes.Zip(all, (n, c) => n * c)], i => g[0].Reshape([.. sizes])[[.. i.Select((k, a) => k % sizes[a])]]));
    }

    public static Trial Diagonal(Draw d)
    {
        var x = d.Tensor(2, 4);
        int[] axes = d.Order(x.Shape.Rank)[..2];
        int offset = d.Int(-2, 2), down = Math.Max(0, -offset), right = Math.Max(0, offset), high = Math.Max(axes[0], axes[1]),
            low = Math.Min(axes[0], axes[1]);
        int count = Math.Max(0, Math.Min(x.Shape[axes[0]] - down, x.Shape[axes[1]] - right));
        return new($"Diagonal({offset}, {axes[0]}, {axes[1]}) of {x}", [x], t => t[0].Diagonal(offset, axes[0], axes[1]),
            g => Grid.Of([.. x.Shape.Without(high).Without(low), count], i =>
                g[0][i[..^1].Insert(low, 0).Insert(high, 0).With(axes[0], i[^1] + down).With(axes[1], i[^1] + right)]));
    }

    public static Trial DiagonalEmbed(Draw d)
    {
        var x = d.Tensor(1, 3);
        int offset = d.Int(-2, 2), n = x.Shape[^1] + Math.Abs(offset);
        return new($"DiagonalEmbed({offset}) of {x}", [x], t => t[0].DiagonalEmbed(offset), g => Grid.Of([.. x.Shape[..^1], n, n],
            i => i[^1] - i[^2] == offset ? g[0][[.. i[..^2], Math.Min(i[^1], i[^2])]] : Num(0)));
    }

    public static Trial Tril(Draw d) => Triangle(d, "Tril", (x, offset) => x.Tril(offset), (above, offset) => above <= offset);

    public static Trial Triu(Draw d) => Triangle(d, "Triu", (x, offset) => x.Triu(offset), (above, offset) => above >= offset);

    static Trial Triangle(Draw d, string name, Func<Tensor, int, Tensor> op, Func<int, int, bool> stays)
    {
        var x = d.Tensor(2, 4);
        int offset = d.Int(-3, 3);
        return new($"{name}({offset}) of {x}", [x], t => op(t[0], offset), g =>
            Grid.Of(x.Shape, i => stays(i[^1] - i[^2], offset) ? g[0][i] : Num(0)));
    }
}
