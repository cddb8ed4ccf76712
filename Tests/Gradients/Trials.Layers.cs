using Number = NanoAttention.Kernels.Dual<NanoAttention.Tests.Gradients.Real>;

namespace NanoAttention.Tests.Gradients;

static partial class Trials
{
    const double epsilon = 1e-3;

    public static Trial LayerNorm(Draw d)
    {
        var x = d.Tensor([.. d.Shape(0, 3), d.Int(3, 5)]);         // of two numbers the slopes all but cancel
        int last = x.Shape.Rank - 1;
        return Scaled(d, $"LayerNorm of {x}", x, last, (t, weight, bias) => t.LayerNorm(weight, bias, epsilon), g =>
            Grid.Lines(g, last, Standardised));
    }

    public static Trial RmsNorm(Draw d)
    {
        var x = d.Tensor(1, 4);
        int n = x.Shape[^1];
        bool weighted = d.Flag();
        return new($"RmsNorm of {x}, weight: {weighted}", [x, .. weighted ? new[] { d.Tensor([n]) } : []], t =>
            t[0].RmsNorm(weighted ? t[1] : null, epsilon), g =>
            Grid.Lines(g[0], x.Shape.Rank - 1, line => [.. line.Select((v, i) =>
                v / Number.Sqrt(Grid.Sum(line.Select(w => w * w)) / Num(n) + Num(epsilon)) * (weighted ? g[1][i]
                    : Num(1)))]));
    }

    public static Trial GroupNorm(Draw d)
    {
        int groups = d.Int(1, 2), each = d.Int(1, 3);
        var x = d.Tensor([d.Int(1, 2), groups * each, .. d.Shape(0, 1), d.Int(3, 4)]);
        return Scaled(d, $"GroupNorm({groups}) of {x}", x, 1, (t, weight, bias) => t.GroupNorm(groups, weight, bias, epsilon),
            g => Normalised(g, (i, j) => i[0] == j[0] && i[1] / each == j[1] / each));
    }

    public static Trial InstanceNorm(Draw d)
    {
        var x = d.Tensor([d.Int(1, 2), d.Int(1, 3), .. d.Shape(0, 1), d.Int(3, 4)]);
        return Scaled(d, $"InstanceNorm of {x}", x, 1, (t, weight, bias) => t.InstanceNorm(weight, bias, epsilon),
            g => Normalised(g, (i, j) => i[0] == j[0] && i[1] == j[1]));
    }

    public static Trial BatchNorm(Draw d)
    {
        var x = d.Tensor([d.Int(3, 5), d.Int(1, 3), .. d.Shape(0, 1)]);
        return Scaled(d, $"BatchNorm of {x}", x, 1, (t, weight, bias) => t.BatchNorm(weight, bias, epsilon: epsilon), g =>
            Normalised(g, (i, j) => i[1] == j[1]));
    }

    // what is normalised, times a weight and plus a bias along an axis, or neither
    static Trial Scaled(Draw d, string call, Operand x, int axis, Func<Tensor, Tensor?, Tensor?, Tensor> op, Func<Grid<Number>,
        Grid<Number>> normalised)
    {
        bool affine = d.Flag();
        Operand[] inputs = affine ? [x, d.Tensor([x.Shape[axis]]), d.Tensor([x.Shape[axis]])] : [x];
        return new($"{call}, affine: {affine}", inputs, t => affine ? op(t[0], t[1], t[2]) : op(t[0], null, null), g =>
        {
            var y = normalised(g[0]);
            return affine ? Grid.Of(y.Shape, i => y[i] * g[1][i[axis]] + g[2][i[axis]]) : y;
        });
    }

    static Number[] Standardised(Number[] line)
    {
        Number mean = Average(line), deviation = Number.Sqrt(Variance(line, 0) + Num(epsilon));
        return [.. line.Select(n => (n - mean) / deviation)];
    }

    // each number less the mean of its companions, divided by their deviation
    static Grid<Number> Normalised(Grid<Number> x, Func<int[], int[], bool> together)
    {
        int[][] all = [.. Generators.Indices(x.Shape)];
        return Grid.Of(x.Shape, i =>
        {
            Number[] set = [x[i], .. all.Where(j => together(i, j) && !j.SequenceEqual(i)).Select(j => x[j])];
            return Standardised(set)[0];
        });
    }

    /// <summary>Queries that see some keys, with a bias on the scores.</summary>
    public static Trial Attention(Draw d)
    {
        int batch = d.Int(1, 2), heads = d.Int(1, 2), queries = d.Int(1, 4), keys = d.Int(1, 4), n = d.Int(1, 3), m = d.Int(1, 3);
        bool causal = d.Flag(), masked = d.Flag(), biased = d.Flag();
        double? scale = d.Flag() ? 0.7 : null;
        Shape scores = [batch, heads, queries, keys];
        var (mask, sees) = d.Mask(d.Part(scores));
        Shape stretched = d.Part(scores);
        Operand[] inputs = [d.Tensor([batch, heads, queries, n]), d.Tensor([batch, heads, keys, n]), d.Tensor([batch, heads, keys, m]),
            .. biased ? new[] { d.Tensor(stretched) } : []];
        string seen = masked ? $"{mask.Shape}" : "none", added = biased ? $"{stretched}" : "none";
        return new($"Attention over {scores}, sizes {n} and {m}, causal: {causal}, mask: {seen}, bias: {added}, scale: {scale}", inputs,
            t => Tensor.ScaledDotProductAttention(t[0], t[1], t[2], masked ? mask : null, biased ? t[3] : null, causal, scale), g =>
        {
            Number Weight(int[] i, int k)       // exp of a score, 0 of a key that is not seen
            {
                int[] at = [.. i[..3], k];
                if (causal && k > i[2] || masked && !sees.Stretched(at)) return Num(0);
                var score = Num(scale ?? 1 / Math.Sqrt(n)) * Grid.Sum(n, c => g[0][i[0], i[1], i[2], c] * g[1][i[0], i[1], k, c]);
                return Number.Exp(biased ? score + g[3].Stretched(at) : score);
            }
            return Grid.Of([batch, heads, queries, m], i =>
            {
                Number[] weights = [.. Enumerable.Range(0, keys).Select(k => Weight(i, k))];
                var all = Grid.Sum(weights);
                return all.Plain() == 0 ? Num(0) : Grid.Sum(keys, k => weights[k] / all * g[2][i[0], i[1], k, i[3]]);
            });
        });
    }

    public static Trial LstmCell(Draw d)
    {
        int n = d.Int(1, 3), h = d.Int(1, 4);
        return new($"LstmCell of {n} rows, {h} units", [d.Tensor([n, 4 * h]), d.Tensor([n, h])],
            t => Tensor.LstmCell(t[0], t[1]) is var (y, c) ? Tensor.Stack([y, c]) : throw new InvalidOperationException(), g =>
                Grid.Of([2, n, h], i =>
            {
                Number Gate(int which) => g[0][i[1], which * h + i[2]];
                var c = Sigmoid(Gate(1)) * g[1][i[1], i[2]] + Sigmoid(Gate(0)) * Number.Tanh(Gate(2));
                return i[0] == 1 ? c : Sigmoid(Gate(3)) * Number.Tanh(c);
            }));
    }

    public static Trial CrossEntropy(Draw d)
    {
        var lead = d.Shape(0, 2);
        int classes = d.Int(1, 4), ignored = d.Of(-100, 0);
        double smoothing = d.Of(0, 0.1);
        bool weighted = d.Flag();
        var (targets, at) = d.Indices(lead, classes);
        Number[] weights = [.. Enumerable.Range(0, classes).Select(c => Num(weighted ? 0.5 + c : 1))];
        var weight = weighted ? Tensor.From([.. weights.Select(w => w.Plain())], [classes]) : null;
        return new($"CrossEntropyEach of {lead} with {classes} classes, ignored: {ignored}, smoothing: {smoothing}, weighted: {weighted}",
            [d.Tensor([.. lead, classes])],
            t => t[0].CrossEntropyEach(targets, ignored, smoothing, weight), g => Grid.Of(lead, i =>
            {
                if (at[i] == ignored) return Num(0);
                Number[] logs = [.. Shares([.. Enumerable.Range(0, classes).Select(c => g[0][[.. i, c]])])
                    .Select((p, c) => -weights[c] * Number.Log(p))];
                return Num(1 - smoothing) * logs[at[i]] + Num(smoothing) * Average(logs);
            }));
    }

    // (x, y) of one shape, and a loss of each pair of numbers
    static readonly (string Name, Func<Tensor, Tensor, Reduction, Tensor> Op, Func<Number, Number, Number> Plain)[] losses =
    [
        ("MeanSquared", (x, y, how) => Loss.MeanSquared(x, y, how), (x, y) => (x - y) * (x - y)),
        ("MeanAbsolute", (x, y, how) => Loss.MeanAbsolute(x, y, how), (x, y) => Number.Abs(x - y)),
        ("SmoothL1", (x, y, how) => Loss.SmoothL1(x, y, 0.7, how), (x, y) => Bent(x - y, 0.7) / Num(0.7)),
        ("Huber", (x, y, how) => Loss.Huber(x, y, 1.3, how), (x, y) => Bent(x - y, 1.3)),
        ("PoissonNegativeLogLikelihood", (x, y, how) => Loss.PoissonNegativeLogLikelihood(x, y, reduction: how), (x, y) =>
            Number.Exp(x) - x * y),
        ("BinaryCrossEntropy", (x, y, how) => Loss.BinaryCrossEntropy(x, y, reduction: how),
            (x, y) => -(y * Number.Log(x) + (Num(1) - y) * Number.Log(Num(1) - x))),
        ("BinaryCrossEntropyWithLogits", (x, y, how) => Loss.BinaryCrossEntropyWithLogits(x, y, reduction: how),
            (x, y) => -(y * Number.Log(Sigmoid(x)) + (Num(1) - y) * Number.Log(Sigmoid(-x)))),
        ("KullbackLeibler", (x, y, how) => Loss.KullbackLeibler(x, y, reduction: how), (x, y) => y * (Number.Log(y) - x)),
    ];

    static Number Bent(Number x, double edge) =>
        Math.Abs(x.Plain()) < edge ? x * x * Num(0.5) : Num(edge) * (Number.Abs(x) - Num(edge / 2));

    public static Trial Losses(Draw d)
    {
        var (name, op, plain) = d.Of(losses);
        var how = d.Of(Reduction.None, Reduction.Sum, Reduction.Mean);
        var shape = d.Shape(0, 3);
        return new($"{name} of {shape}, {how}", [d.Tensor(shape, 0.1, 0.9), d.Tensor(shape, 0.1, 0.9)], t => op(t[0], t[1], how), g =>
        {
            var each = Grid.Of(shape, i => plain(g[0][i], g[1][i]));
            return how == Reduction.None ? each : new([], [how == Reduction.Sum ? Grid.Sum(each.Values) : Average(each.Values)]);
        });
    }
}
