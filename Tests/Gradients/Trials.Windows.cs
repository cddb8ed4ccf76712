using Number = NanoAttention.Kernels.Dual<NanoAttention.Tests.Gradients.Real>;

namespace NanoAttention.Tests.Gradients;

static partial class Trials
{
    /// <summary>Windows along each of one to three axes, drawn so that at least one fits.</summary>
    /// <param name="Size">How many numbers an axis has.</param>
    sealed record Windows(int[] Size, int[] Kernel, int[] Stride, int[] Before, int[] After, int[] Dilation)
    {
        public static Windows Of(Draw d, int maxAxes = 2, bool padded = true, bool dilated = true)
        {
            int axes = d.Int(1, maxAxes);
            int[] Each(Func<int, int> f) => [.. Enumerable.Range(0, axes).Select(f)];
            int[] kernel = Each(_ => d.Int(1, 3)), dilation = Each(_ => dilated ? d.Int(1, 2) : 1), stride = Each(_ => d.Int(1, 3));
            int[] before = Each(i => padded ? d.Int(0, kernel[i] / 2) : 0), after = Each(i => padded ? d.Int(0, kernel[i] / 2) : 0);
            return new(Each(i => dilation[i] * (kernel[i] - 1) + 1 + d.Int(0, 2)), kernel, stride, before, after, dilation);
        }

        public int Axes => Size.Length;

        public WindowPadding Padding => WindowPadding.Between(PerAxis.Create(Before), PerAxis.Create(After));
        public PerAxis Strides => PerAxis.Create(Stride);
        public PerAxis Dilations => PerAxis.Create(Dilation);

        /// <summary>How many windows there are along each axis, counted one by one.</summary>
        public Shape Counts => [.. Enumerable.Range(0, Axes).Select(i =>
            Enumerable.Range(0, 100).Count(o => o * Stride[i] + Dilation[i] * (Kernel[i] - 1) < Before[i] + Size[i] + After[i]))];

        /// <summary>Each place in the kernel, and the place in the axes that it meets in window o, or null where that is padding.</summary>
        public IEnumerable<(int[] K, int[]? At)> Places(int[] o) => Generators.Indices(Shape.Create(Kernel)).Select(k =>
        {
            int[] at = [.. Enumerable.Range(0, Axes).Select(i => o[i] * Stride[i] - Before[i] + k[i] * Dilation[i])];
            return (k, at.Index().All(p => p.Item >= 0 && p.Item < Size[p.Index]) ? at : null);
        });

        public override string ToString() =>
            $"kernel {Text(Kernel)}, stride {Text(Stride)}, padding {Text(Before)} and {Text(After)}, dilation {Text(Dilation)}";

        static string Text(int[] numbers) => $"[{string.Join(", ", numbers)}]";
    }

    public static Trial Conv(Draw d)
    {
        var w = Windows.Of(d);
        int batch = d.Int(1, 2), groups = d.Int(1, 2), inputs = d.Int(1, 2), outputs = d.Int(1, 2);
        var biased = d.Flag();
        var x = d.Tensor([batch, groups * inputs, .. w.Size]);
        Operand[] all = [x, d.Tensor([groups * outputs, inputs, .. w.Kernel]), .. biased ? new[] { d.Tensor([groups * outputs]) } : []];
        return new($"Conv of {x}, {groups} groups, {w}, bias: {biased}", all,
            t => t[0].Conv(t[1], biased ? t[2] : null, w.Strides, w.Padding, w.Dilations, groups),
            g => Grid.Of([batch, groups * outputs, .. w.Counts], i => Grid.Sum(
                from c in Enumerable.Range(0, inputs)
                from p in w.Places(i[2..])
                where p.At is not null
                select g[1][[i[1], c, .. p.K]] * g[0][[i[0], i[1] / outputs * inputs + c, .. p.At!]])
                    + (biased ? g[2][i[1]] : Num(0))));
    }

    /// <summary>Every number of x is multiplied by the kernel and added where its window lies.</summary>
    public static Trial ConvTranspose(Draw d)
    {
        var w = Windows.Of(d);
        int batch = d.Int(1, 2), groups = d.Int(1, 2), inputs = d.Int(1, 2), outputs = d.Int(1, 2);
        int[] counts = [.. w.Counts], extra = [.. w.Size.Select((n, i) =>
            n - ((counts[i] - 1) * w.Stride[i] + w.Dilation[i] * (w.Kernel[i] - 1) + 1 - w.Before[i] - w.After[i]))];
        var x = d.Tensor([batch, groups * inputs, .. counts]);
        return new($"ConvTranspose of {x}, {groups} groups, {w}, extra [{string.Join(", ", extra)}]",
            [x, d.Tensor([groups * inputs, outputs, .. w.Kernel])],
            t => t[0].ConvTranspose(t[1], null, w.Strides, w.Padding, PerAxis.Create(extra), w.Dilations, groups),
            g => Grid.Of([batch, groups * outputs, .. w.Size], i => Grid.Sum(
                from c in Enumerable.Range(0, inputs)
                let channel = i[1] / outputs * inputs + c
                from o in Generators.Indices(w.Counts)
                from p in w.Places(o)
                where p.At is not null && p.At.SequenceEqual(i[2..])
                select g[0][[i[0], channel, .. o]] * g[1][[channel, i[1] % outputs, .. p.K]])));
    }

    public static Trial MaxPool(Draw d) => Pool(d, "MaxPool", (x, w) => x.MaxPool(w.Kernel, w.Strides, w.Padding, w.Dilations),
        window => window.Where(n => n is not null).MaxBy(n => n!.Value.Plain())!.Value);

    public static Trial AvgPool(Draw d)
    {
        bool all = d.Flag();
        return Pool(d, $"AvgPool(countPadding: {all})", (x, w) => x.AvgPool(w.Kernel, w.Strides, w.Padding, w.Dilations, countPadding: all),
            window => Grid.Sum(window.Select(n => n ?? Num(0))) / Num(all ? window.Length : window.Count(n => n is not null)));
    }

    public static Trial LpPool(Draw d)
    {
        double p = d.Of(2.0, 3, 1);
        return Pool(d, $"LpPool({p})", (x, w) => x.LpPool(p, w.Kernel, w.Strides, w.Padding, w.Dilations),
            window => Number.Pow(Grid.Sum(window.Select(n => n is { } v ? Pow(v, p) : Num(0))), Num(1 / p)),
                low: 0.5);
    }

    // the numbers of each window, null for padding, made one
    static Trial Pool(Draw d, string name, Func<Tensor, Windows, Tensor> op, Func<Number?[], Number> fold, double low = -2)
    {
        var w = Windows.Of(d);
        var lead = d.Shape(0, 2);
        var x = d.Tensor([.. lead, .. w.Size], low);
        return new($"{name} of {x}, {w}", [x], t => op(t[0], w), g => Grid.Of([.. lead, .. w.Counts], i =>
            fold([.. w.Places(i[lead.Rank..]).Select(p => p.At is { } at ? g[0][[.. i[..lead.Rank], .. at]] : (Number?)null)])));
    }

    public static Trial AdaptiveAvgPool(Draw d) => Adaptive(d, "AdaptiveAvgPool", (x, sizes) => x.AdaptiveAvgPool(sizes), Average);

    public static Trial AdaptiveMaxPool(Draw d) =>
        Adaptive(d, "AdaptiveMaxPool", (x, sizes) => x.AdaptiveMaxPool(sizes), window => window.MaxBy(n => n.Plain()));

    // window i of o on n numbers: those k with ⌊i n/o⌋ ≤ k < ⌈(i + 1) n/o⌉
    static Trial Adaptive(Draw d, string name, Func<Tensor, int[], Tensor> op, Func<Number[], Number> fold)
    {
        var x = d.Tensor(2, 3);
        int n = x.Shape[^2], m = x.Shape[^1];
        int[] sizes = [d.Int(1, 5), d.Int(1, 5)];
        int[] Window(int i, int of, int size) =>
            [.. Enumerable.Range(0, size).Where(k => k * of > i * size - of && k * of < (i + 1) * size)];
        return new($"{name}({sizes[0]}, {sizes[1]}) of {x}", [x], t => op(t[0], sizes), g =>
            Grid.Of([.. x.Shape[..^2], .. sizes], i => fold(
            [.. from r in Window(i[^2], sizes[0], n)
                from c in Window(i[^1], sizes[1], m)
                select g[0][[.. i[..^2], r, c]]])));
    }

    public static Trial Unfold(Draw d)
    {
        var w = Windows.Of(d);
        int batch = d.Int(1, 2), channels = d.Int(1, 2), each = Shape.Create(w.Kernel).Count, count = w.Counts.Count;
        var x = d.Tensor([batch, channels, .. w.Size]);
        int[][] windows = [.. Generators.Indices(w.Counts)];
        return new($"Unfold of {x}, {w}", [x], t => t[0].Unfold(w.Kernel, w.Strides, w.Padding, w.Dilations),
            g => Grid.Of([batch, channels * each, count], i => w.Places(windows[i[2]]).ElementAt(i[1] % each) is { At: { } at }
                ? g[0][[i[0], i[1] / each, .. at]] : Num(0)));
    }

    public static Trial Fold(Draw d)
    {
        var w = Windows.Of(d);
        int batch = d.Int(1, 2), channels = d.Int(1, 2), each = Shape.Create(w.Kernel).Count;
        int[][] windows = [.. Generators.Indices(w.Counts)];
        var x = d.Tensor([batch, channels * each, windows.Length]);
        return new($"Fold of {x}, {w}", [x], t => t[0].Fold(w.Size, w.Kernel, w.Strides, w.Padding, w.Dilations),
            g => Grid.Of([batch, channels, .. w.Size], i => Grid.Sum(
                from o in windows.Index()
                from p in w.Places(o.Item).Index()
                where p.Item.At is not null && p.Item.At.SequenceEqual(i[2..])
                select g[0][i[0], i[1] * each + p.Index, o.Index])));
    }

    public static Trial WindowViews(Draw d)
    {
        var w = Windows.Of(d, maxAxes: 3, padded: false);
        var x = d.Tensor([.. d.Shape(0, 1), .. w.Size]);
        int lead = x.Shape.Rank - w.Axes;
        return new($"Windows of {x}, {w}", [x], t => t[0].Windows(w.Kernel, w.Strides, w.Dilations),
            g => Grid.Of([.. x.Shape[..lead], .. w.Kernel, .. w.Counts], i => g[0][
                [.. i[..lead], .. w.Places(i[(lead + w.Axes)..]).Single(p => p.K.SequenceEqual(i[lead..(lead + w.Axes)])).At!]]));
    }

    public static Trial OverlapAdd(Draw d)
    {
        var w = Windows.Of(d, maxAxes: 3, padded: false);
        var x = d.Tensor([.. d.Shape(0, 1), .. w.Kernel, .. w.Counts]);
        int lead = x.Shape.Rank - 2 * w.Axes;
        return new($"OverlapAdd of {x}, {w}", [x], t => t[0].OverlapAdd(w.Size, w.Strides, w.Dilations),
            g => Grid.Of([.. x.Shape[..lead], .. w.Size], i => Grid.Sum(
                from o in Generators.Indices(w.Counts)
                from p in w.Places(o)
                where p.At!.SequenceEqual(i[lead..])
                select g[0][[.. i[..lead], .. p.K, .. o]])));
    }

    public static Trial PixelShuffle(Draw d)
    {
        int r = d.Int(1, 3), channels = d.Int(1, 2), h = d.Size(), w = d.Size();
        Operand x = d.Tensor([2, channels * r * r, h, w]), y = d.Tensor([2, channels, h * r, w * r]);
        return d.Flag()
            ? new($"PixelShuffle({r}) of {x}", [x], t => t[0].PixelShuffle(r), g => Grid.Of(y.Shape,
                i => g[0][i[0], i[1] * r * r + i[2] % r * r + i[3] % r, i[2] / r, i[3] / r]))
            : new($"PixelUnshuffle({r}) of {y}", [y], t => t[0].PixelUnshuffle(r), g => Grid.Of(x.Shape,
                i => g[0][i[0], i[1] / (r * r), i[2] * r + i[1] / r % r, i[3] * r + i[1] % r]));
    }

    /// <summary>Straight lines between neighbours, along one axis after the other.</summary>
    public static Trial Interpolate(Draw d)
    {
        var x = d.Tensor(2, 3);
        int[] sizes = [d.Int(1, 6), d.Int(1, 6)];
        bool corners = d.Flag();
        int rank = x.Shape.Rank;
        return new($"Interpolate([{sizes[0]}, {sizes[1]}], Linear, corners: {corners}) of {x}", [x], t =>
            t[0].Interpolate(sizes, Interpolation.Linear, corners),
            g => Grid.Lines(Grid.Lines(g[0], rank - 2, line => Stretched(line, sizes[0])), rank - 1, line => Stretched(line, sizes[1])));

        Number[] Stretched(Number[] line, int count) => [.. Enumerable.Range(0, count).Select(j =>
        {
            int n = line.Length;
            double at = !corners ? Math.Clamp((j + 0.5) * n / count - 0.5, 0, n - 1) : count == 1 ? 0 : (double)j * (n - 1) / (count - 1);
            int left = Math.Min((int)at, Math.Max(0, n - 2));
            return n == 1 ? line[0] : Num(1 - (at - left)) * line[left] + Num(at - left) * line[left + 1];
        })];
    }

    public static Trial LocalResponseNorm(Draw d)
    {
        int size = d.Int(1, 4);
        double alpha = 0.5, beta = d.Of(0.75, 1.5), k = d.Of(1.0, 2);
        var x = d.Tensor(3, 4);
        return new($"LocalResponseNorm({size}, {alpha}, {beta}, {k}) of {x}", [x], t => t[0].LocalResponseNorm(size, alpha, beta, k),
            g => Grid.Lines(g[0], 1, line => [.. line.Select((n, c) =>
            {
                var near = Enumerable.Range(c - size / 2, size).Where(other => other >= 0 && other < line.Length)
                    .Select(other => line[other] * line[other]);
                return n / Number.Pow(Num(k) + Num(alpha / size) * Grid.Sum(near), Num(beta));
            })]));
    }
}
