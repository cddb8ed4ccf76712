using Number = NanoAttention.Kernels.Dual<NanoAttention.Tests.Gradients.Real>;

namespace NanoAttention.Tests.Gradients;

static partial class Trials
{
    public static Trial Sum(Draw d) => Folding(d, "Sum", (x, axes, keep) => x.Sum(axes, keep), Grid.Sum, filled: false);

    public static Trial Mean(Draw d) => Folding(d, "Mean", (x, axes, keep) => x.Mean(axes, keep), Average);

    public static Trial Prod(Draw d) => Folding(d, "Prod", (x, axes, keep) => x.Prod(axes, keep), Grid.Product, filled: false);

    public static Trial Max(Draw d) => Folding(d, "Max", (x, axes, keep) => x.Max(axes, keep), line => line.MaxBy(n => n.Plain()));

    public static Trial Min(Draw d) => Folding(d, "Min", (x, axes, keep) => x.Min(axes, keep), line => line.MinBy(n => n.Plain()));

    public static Trial Norm(Draw d)
    {
        double p = d.Of(2, 1, 3, 0.5, -1.5, double.PositiveInfinity, double.NegativeInfinity);
        return Folding(d, $"Norm({p})", (x, axes, keep) => x.Norm(p, axes, keep), line =>
            p == double.PositiveInfinity ? Number.Abs(line.MaxBy(n => Math.Abs(n.Plain())))
            : p == double.NegativeInfinity ? Number.Abs(line.MinBy(n => Math.Abs(n.Plain())))
            : Number.Pow(Grid.Sum(line.Select(n => Pow(Number.Abs(n), p))), Num(1 / p)));
    }

    static Trial Folding(Draw d, string name, Func<Tensor, int[], bool, Tensor> op, Func<Number[], Number> fold, bool filled = true)
    {
        var x = d.Tensor(1, 4, filled);
        var (axes, keep) = (d.Axes(x.Shape.Rank), d.Flag());
        if (d.Flag()) axes = [.. axes.Select(a => a - x.Shape.Rank)];
        return new($"{name} of {x} over [{string.Join(", ", axes)}], keep: {keep}", [x], t => op(t[0], axes, keep), g =>
            Grid.Folded(g[0], axes, keep, fold));
    }

    static Number Average(IReadOnlyCollection<Number> numbers) => Grid.Sum(numbers) / Num(numbers.Count);

    public static Trial Var(Draw d)
    {
        int correction = d.Int(0, 1);
        return Statistic(d, $"Var({correction})", (x, axis, keep) => x.Var(axis, correction, keep), line => Variance(line, correction),
            atLeast: 2);
    }

    public static Trial Std(Draw d)
    {
        int correction = d.Int(0, 1);
        return Statistic(d, $"Std({correction})", (x, axis, keep) => x.Std(axis, correction, keep), line =>
            Number.Sqrt(Variance(line, correction)), atLeast: 2);
    }

    static Number Variance(IReadOnlyCollection<Number> numbers, int correction)
    {
        var mean = Average(numbers);
        return Grid.Sum(numbers.Select(n => (n - mean) * (n - mean))) / Num(numbers.Count - correction);
    }

    public static Trial LogSumExp(Draw d) =>
        Statistic(d, "LogSumExp", (x, axis, keep) => x.LogSumExp(axis, keep), line => Number.Log(Grid.Sum(line.Select(Number.Exp))));

    public static Trial Median(Draw d) =>
        Statistic(d, "Median", (x, axis, keep) => x.Median(axis, keep).Values, line => Rising(line)[(line.Length - 1) / 2]);

    public static Trial KthValue(Draw d)
    {
        int k = d.Int(1, 2);
        return Statistic(d, $"KthValue({k})", (x, axis, keep) => x.KthValue(k, axis, keep).Values, line => Rising(line)[k - 1], atLeast: 2);
    }

    static Number[] Rising(IEnumerable<Number> line) => [.. line.OrderBy(n => n.Plain())];

    static Trial Statistic(Draw d, string name, Func<Tensor, int, bool, Tensor> op, Func<Number[], Number> fold, int atLeast = 1)
    {
        var (x, axis) = Axis(d, atLeast);
        bool keep = d.Flag();
        return new($"{name} of {x} along {axis}, keep: {keep}", [x], t => op(t[0], axis, keep), g => Grid.Folded(g[0], [axis], keep, fold));
    }

    // a tensor, and an axis of it of at least so many numbers
    static (Operand X, int Axis) Axis(Draw d, int atLeast = 1, bool filled = true)
    {
        var shape = d.Shape(1, 4, filled);
        int axis = d.Axis(shape.Rank), a = shape.Axis(axis);
        return (d.Tensor(shape.With(a, Math.Max(atLeast, shape[a]))), axis);
    }

    // an op that makes every line along an axis another one
    static Trial Along(Draw d, string name, Func<Tensor, int, Tensor> op, Func<Number[], Number[]> f, int atLeast = 1, bool filled = true)
    {
        var (x, axis) = Axis(d, atLeast, filled);
        return new($"{name} of {x} along {axis}", [x], t => op(t[0], axis), g => Grid.Lines(g[0], x.Shape.Axis(axis), f));
    }

    public static Trial Softmax(Draw d) => Along(d, "Softmax", (x, axis) => x.Softmax(axis), Shares, filled: false);

    static Number[] Shares(Number[] line) => [.. line.Select(n => Number.Exp(n) / Grid.Sum(line.Select(Number.Exp)))];

    public static Trial LogSoftmax(Draw d) =>
        Along(d, "LogSoftmax", (x, axis) => x.LogSoftmax(axis), line => [.. Shares(line).Select(Number.Log)], filled: false);

    public static Trial Normalize(Draw d) => Along(d, "Normalize", (x, axis) => x.Normalize(2, axis),
        line => [.. line.Select(n => n / Number.Sqrt(Grid.Sum(line.Select(m => m * m))))]);

    public static Trial CumSum(Draw d) => Scan(d, "CumSum", (x, axis, exclusive, reverse) => x.CumSum(axis, exclusive, reverse), Grid.Sum);

    public static Trial CumProd(Draw d) =>
        Scan(d, "CumProd", (x, axis, exclusive, reverse) => x.CumProd(axis, exclusive, reverse), Grid.Product);

    static Trial Scan(Draw d, string name, Func<Tensor, int, bool, bool, Tensor> op, Func<IEnumerable<Number>, Number> fold)
    {
        bool exclusive = d.Flag(), reverse = d.Flag();
        return Along(d, $"{name}(exclusive: {exclusive}, reverse: {reverse})", (x, axis) => op(x, axis, exclusive, reverse),
            line => [.. line.Select((_, k) => fold(reverse ? line.Skip(exclusive ? k + 1 : k) : line.Take(exclusive ? k : k + 1)))],
                filled: false);
    }

    public static Trial CumMax(Draw d) =>
        Along(d, "CumMax", (x, axis) => x.CumMax(axis).Values, line => Prefixes(line, p => p.MaxBy(n => n.Plain())));

    public static Trial CumMin(Draw d) =>
        Along(d, "CumMin", (x, axis) => x.CumMin(axis).Values, line => Prefixes(line, p => p.MinBy(n => n.Plain())));

    public static Trial LogCumSumExp(Draw d) =>
        Along(d, "LogCumSumExp", (x, axis) => x.LogCumSumExp(axis), line =>
        Prefixes(line, p => Number.Log(Grid.Sum(p.Select(Number.Exp)))));

    static Number[] Prefixes(Number[] line, Func<Number[], Number> fold) => [.. line.Select((_, k) => fold(line[..(k + 1)]))];

    public static Trial Sort(Draw d)
    {
        bool falling = d.Flag();
        return Along(d, $"Sort(descending: {falling})", (x, axis) => x.Sort(axis, falling).Values, line => falling
            ? [.. Rising(line).Reverse()] : Rising(line));
    }

    public static Trial TopK(Draw d)
    {
        var (k, largest) = (d.Int(1, 3), d.Flag());
        return Along(d, $"TopK({k}, largest: {largest})", (x, axis) => x.TopK(k, axis, largest).Values,
            line => [.. (largest ? Rising(line).Reverse() : Rising(line)).Take(k)], atLeast: 3);
    }

    public static Trial Diff(Draw d)
    {
        int order = d.Int(1, 2);
        return Along(d, $"Diff({order})", (x, axis) => x.Diff(axis, order), line => Enumerable.Range(0, order)
            .Aggregate(line, (l, _) => Differences(l)), atLeast: 3);

        static Number[] Differences(Number[] line) => [.. line.Zip(line.Skip(1), (a, b) => b - a)];
    }

    public static Trial MaskedSoftmax(Draw d)
    {
        var x = d.Tensor(1, 3);
        var (mask, there) = d.Mask(d.Part(x.Shape));
        return new($"Softmax of {x} with a mask {mask.Shape}", [x], t => t[0].Softmax(mask), g => Grid.Of(x.Shape, i =>
        {
            var seen = Enumerable.Range(0, x.Shape[^1]).Select(k => i.With(i.Length - 1, k)).Where(j => there.Stretched(j));
            return there.Stretched(i) ? Number.Exp(g[0][i]) / Grid.Sum(seen.Select(j => Number.Exp(g[0][j]))) : Num(0);
        }));
    }
}
