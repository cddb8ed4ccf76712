namespace NanoAttention;

public static partial class Loss
{
    /// <summary>
    /// −w (y ln p + (1 − y) ln(1 − p)), p probabilities, y probabilities or truths, w weights that stretch to their shape. A logarithm
    /// counts as −100 at least, and p (1 − p) in the slope (p − y)/(p (1 − p)) as 10⁻¹² at least, so that both stay finite.
    /// </summary>
    public static Tensor BinaryCrossEntropy(Tensor p, Tensor y, Tensor? weight = null, Reduction reduction = Reduction.Mean)
    {
        CheckShapes("BinaryCrossEntropy", p, y);
        Tensor losses;
        using (Reverse.NoGrad()) losses = -(y * p.Log().Clamp(-100) + (1 - y) * (1 - p).Log().Clamp(-100));
        Reverse.Record(losses, [(p, dy => dy * (p - y) / (p * (1 - p)).Clamp(1e-12)), (y, dy => dy * ((1 - p).Log().Clamp(-100) - p.Log().Clamp(-100)))]);
        return Reduce(Weighted(losses, weight), reduction);
    }

    /// <summary>
    /// The binary cross entropy of p = σ(x), as (1 − y) x + (1 + (q − 1) y) ln(1 + e^−x), which overflows nowhere. Weights w and
    /// q (what a truth counts) stretch to the shape of x.
    /// </summary>
    public static Tensor BinaryCrossEntropyWithLogits(Tensor logits, Tensor y, Tensor? weight = null, Tensor? positiveWeight = null,
        Reduction reduction = Reduction.Mean)
    {
        CheckShapes("BinaryCrossEntropyWithLogits", logits, y);
        var softplus = (-logits).Relu() + (-logits.Abs()).Exp().Log1p();                        // ln(1 + e^−x)
        var loss = (1 - y) * logits + (positiveWeight is null ? softplus : ((positiveWeight - 1) * y + 1) * softplus);
        return Reduce(Weighted(loss, weight), reduction);
    }

    /// <summary>
    /// −w[y] logp[y] of every position: logp (…, classes), y (…) I32, w (classes). Positions whose y is <paramref name="ignoreIndex"/>
    /// count for nothing. The mean is that of the weights too: Σ loss/Σ w[y].
    /// </summary>
    public static Tensor NegativeLogLikelihood(Tensor logp, Tensor y, Tensor? weight = null, int ignoreIndex = -100,
        Reduction reduction = Reduction.Mean)
    {
        if (logp.Rank == 0 || y.DType != DType.I32 || y.Shape != logp.Shape[..^1])
            throw new ArgumentException($"NegativeLogLikelihood: {logp.Shape} and targets {y.Shape} ({y.DType}): the targets must be I32, shaped like logp without the last axis");
        var ignored = y.EqualTo(ignoreIndex);
        var counts = y.ClassWeights(weight, ignoreIndex, logp);                              // (…): w[y], 0 where ignored
        var named = -logp.TakeAlong(-1, y.MaskedFill(ignored, 0).Unsqueeze(-1)).Squeeze(-1).MaskedFill(ignored, 0);
        var losses = weight is null ? named : named * counts;
        return reduction == Reduction.Mean ? losses.Sum() / counts.Sum() : Reduce(losses, reduction);
    }

    /// <summary>
    /// The Kullback–Leibler divergence of y from eˣ, number by number: y (ln y − x); y are probabilities, or their logarithms. The mean
    /// is that over all numbers: over rows (the divergence itself), divide the sum by their number.
    /// </summary>
    public static Tensor KullbackLeibler(Tensor x, Tensor y, bool logTarget = false, Reduction reduction = Reduction.Mean)
    {
        CheckShapes("KullbackLeibler", x, y);
        return Reduce(logTarget ? y.Exp() * (y - x) : y.Xlogy(y) - y * x, reduction);
    }

    /// <summary>ln(1 + e^(−y x)), y = ±1</summary>
    public static Tensor SoftMargin(Tensor x, Tensor y, Reduction reduction = Reduction.Mean)
    {
        CheckShapes("SoftMargin", x, y);
        var z = -(x * y);
        return Reduce(z.Relu() + (-z.Abs()).Exp().Log1p(), reduction);
    }

    /// <summary>
    /// w[y]/C Σ_{j ≠ y} max(0, margin − x[y] + x[j])^p of every row (the multi-class hinge loss of Crammer and Singer 2001, summed): x
    /// (…, C), y (…) I32, p = 1 or 2, w (C) → (…).
    /// </summary>
    public static Tensor MultiMargin(Tensor x, Tensor y, int p = 1, double margin = 1, Tensor? weight = null, Reduction reduction = Reduction.Mean)
    {
        if (p is not (1 or 2)) throw new ArgumentOutOfRangeException(nameof(p), $"MultiMargin: p = {p} is neither 1 nor 2");
        if (x.Rank == 0 || y.DType != DType.I32 || y.Shape != x.Shape[..^1])
            throw new ArgumentException($"MultiMargin: {x.Shape} and targets {y.Shape} ({y.DType}): the targets must be I32, shaped like x without the last axis");
        var lacks = (x - x.TakeAlong(-1, y.Unsqueeze(-1)) + margin).Relu();                     // (…, C)
        if (p == 2) lacks = lacks.Square();
        var own = Tensor.Arange(x.Shape[^1], DType.I32, x.Device).EqualTo(y.Unsqueeze(-1));
        var losses = lacks.MaskedFill(own, 0).Sum(-1) / x.Shape[^1];
        return Reduce(weight is null ? losses : losses * weight.Take(y), reduction);
    }

    static Tensor Weighted(Tensor losses, Tensor? weight) => weight is null ? losses : losses * weight;

    internal static Case[] ClassCases =>
    [
        Case.Of((p, y, w) => BinaryCrossEntropy(p, y, w), Input.Within(0.1, 0.9, [3, 4]), Input.Within(0.1, 0.9, [3, 4]), [4]),
        Case.Of((x, y) => BinaryCrossEntropyWithLogits(x, y), [3, 4], Input.Within(0.1, 0.9, [3, 4])),
        Case.Of((x, y, w) => BinaryCrossEntropyWithLogits(x, y, w, w, Reduction.Sum), [3, 4], Input.Within(0.1, 0.9, [3, 4]), [4]),
        Case.Of((x, y, w) => NegativeLogLikelihood(x, y, w, ignoreIndex: 1), [2, 3, 4], Input.Indices(4, [2, 3]), Input.Within(0.5, 2, [4])),
        Case.Of((x, y) => NegativeLogLikelihood(x, y, reduction: Reduction.None), [3, 4], Input.Indices(4, [3])),
        Case.Of((x, y) => KullbackLeibler(x, y), [3, 4], Input.Within(0.1, 0.9, [3, 4])),
        Case.Of((x, y) => KullbackLeibler(x, y, logTarget: true), [3, 4], [3, 4]),
        Case.Of((x, y) => SoftMargin(x, y), [3, 4], [3, 4]),
        Case.Of((x, y, w) => MultiMargin(x, y, 2, 0.8, w), [3, 4], Input.Indices(4, [3]), [4]),
    ];
}
