namespace NanoAttention.Tests.Conformance;

/// <summary>Normalisation and losses.</summary>
public static partial class OnnxOperators
{
    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Norms =>
    [
        ("BatchNormalization", BatchNorm),
        ("InstanceNormalization", n => [n[0].InstanceNorm(n[1], n[2], n.Float("epsilon", 1e-5))]),
        ("GroupNormalization", GroupNorm),
        ("LayerNormalization", LayerNorm),
        ("RMSNormalization", RmsNorm),
        ("LRN", n => [n[0].LocalResponseNorm(n.Int("size"), n.Float("alpha", 1e-4), n.Float("beta", 0.75), n.Float("bias", 1))]),
        ("LpNormalization", n => [n[0].Normalize(n.Int("p", 2), n.Int("axis", -1), 1e-37)]),
        ("MeanVarianceNormalization", MeanVariance),
    ];

    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Losses =>
    [
        ("SoftmaxCrossEntropyLoss", CrossEntropy),
        ("NegativeLogLikelihoodLoss", n =>
            [Loss.NegativeLogLikelihood(ClassesLast(n[0]), n[1], n.Optional(2), IgnoreIndex(n), How(n, n.Text("reduction", "mean")))]),
    ];

    /// <summary>By the statistics given, or in training by the batch's own, which the running ones are then moved towards.</summary>
    static OnnxValue[] BatchNorm(OnnxNode n)
    {
        var (x, weight, bias, mean, variance) = (n[0], n[1], n[2], n[3], n[4]);
        double epsilon = n.Float("epsilon", 1e-5), momentum = n.Float("momentum", 0.9);
        if (n.Opset < 9 && !n.Flag("spatial", true)) throw n.Unknown("spatial", 0);
        bool training = n.Opset < 7 ? !n.Flag("is_test") : n.Opset < 14 ? n.Wants(1) : n.Flag("training_mode");
        if (!training) return [x.BatchNorm(weight, bias, (mean, variance), epsilon)];
        var (ownMean, ownVariance) = x.ChannelStatistics();
        return
        [
            x.BatchNorm(weight, bias, epsilon: epsilon),
            mean * momentum + ownMean * (1 - momentum),
            variance * momentum + ownVariance * (1 - momentum),
        ];
    }

    /// <summary>Below version 21 scale and bias are those of the groups, later of the channels.</summary>
    static OnnxValue[] GroupNorm(OnnxNode n)
    {
        int groups = n.Int("num_groups"), each = n.Opset < 21 ? n[0].Shape[1] / groups : 1;
        KnownPrecision(n);
        return [n[0].GroupNorm(groups, n[1].RepeatInterleave(each, 0), n[2].RepeatInterleave(each, 0), n.Float("epsilon", 1e-5))];
    }

    /// <summary>Over all axes from one on, merged.</summary>
    static OnnxValue[] LayerNorm(OnnxNode n)
    {
        var (x, axis, rows, epsilon) = Rows(n);
        int[] single = [.. x.Shape.Sizes[..axis], .. Enumerable.Repeat(1, x.Rank - axis)];
        var y = Flat(n[1]) is { } weight && (n.Optional(2) is null || Flat(n.Optional(2)) is not null)
            ? rows.LayerNorm(weight, Flat(n.Optional(2)), epsilon).Reshape(x.Shape.Sizes)
            : Shifted(rows.LayerNorm(epsilon: epsilon).Reshape(x.Shape.Sizes) * n[1], n.Optional(2));
        return [y, rows.Mean(-1).Reshape(single), (rows.Var(-1, 0) + epsilon).Rsqrt().Reshape(single)];

        // one number for each of a row; null where it stretches to that
        Tensor? Flat(Tensor? p) => p is not null && p.Shape == x.Shape[axis..] ? p.Reshape(p.Count) : null;
        static Tensor Shifted(Tensor y, Tensor? bias) => bias is null ? y : y + bias;
    }

    static OnnxValue[] RmsNorm(OnnxNode n)
    {
        var (x, axis, rows, epsilon) = Rows(n);
        return n[1].Shape == x.Shape[axis..] ? [rows.RmsNorm(n[1].Reshape(n[1].Count), epsilon).Reshape(x.Shape.Sizes)]
            : [rows.RmsNorm(epsilon: epsilon).Reshape(x.Shape.Sizes) * n[1]];
    }

    /// <summary>x, the first axis that is normalised, x with that and all behind it merged, and ε.</summary>
    static (Tensor X, int Axis, Tensor Rows, double Epsilon) Rows(OnnxNode n)
    {
        KnownPrecision(n);
        int axis = n[0].Shape.Axis(n.Int("axis", -1));
        return (n[0], axis, n[0].Reshape(n[0].Shape[..axis].Count, n[0].Shape[axis..].Count), n.Float("epsilon", 1e-5));
    }

    /// <summary>The type of the statistics: whatever it says, the numbers here have at least its bits.</summary>
    static void KnownPrecision(OnnxNode n) => ElementTypes.Numbered(n.Int("stash_type", 1));

    /// <summary>(x − x̄)/(s + 10⁻⁹) over the axes.</summary>
    static OnnxValue[] MeanVariance(OnnxNode n)
    {
        int[] axes = n.Ints("axes") ?? [0, 2, 3];
        var deviation = n[0] - n[0].Mean(axes, keep: true);
        return [deviation / ((deviation * deviation).Mean(axes, keep: true).Sqrt() + 1e-9)];
    }

    /// <summary>(n, classes, …) → (n, …, classes)</summary>
    static Tensor ClassesLast(Tensor x) => x.Permute([0, .. Range(2, x.Rank - 2), 1]);

    static int IgnoreIndex(OnnxNode n) => n.Int("ignore_index", int.MinValue);

    static Reduction How(OnnxNode n, string reduction) => reduction switch
    {
        "mean" => Reduction.Mean,
        "sum" => Reduction.Sum,
        "none" => Reduction.None,
        _ => throw n.Unknown("reduction", reduction),
    };

    static OnnxValue[] CrossEntropy(OnnxNode n)
    {
        var (x, y, weight) = (ClassesLast(n[0]), n[1], n.Optional(2));
        int ignored = IgnoreIndex(n);
        var loss = How(n, n.Text("reduction", "mean")) switch
        {
            Reduction.Mean => x.CrossEntropy(y, ignored, weight: weight),
            Reduction.Sum => x.CrossEntropyEach(y, ignored, weight: weight).Sum(),
            _ => x.CrossEntropyEach(y, ignored, weight: weight),
        };
        return [loss, n[0].LogSoftmax(1)];
    }
}
