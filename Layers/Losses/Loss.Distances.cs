namespace NanoAttention;

public static partial class Loss
{
    /// <summary>Of distances x: x where y = 1, max(0, margin − x) where y = −1.</summary>
    public static Tensor HingeEmbedding(Tensor x, Tensor y, double margin = 1, Reduction reduction = Reduction.Mean)
    {
        CheckShapes("HingeEmbedding", x, y);
        return Reduce(x.MaskedFill(y.NotEqualTo(1), 0) + (margin - x).Relu().MaskedFill(y.NotEqualTo(-1), 0), reduction);
    }

    /// <summary>max(0, −y (a − b) + margin): with y = 1, a must rank above b, with y = −1 below.</summary>
    public static Tensor MarginRanking(Tensor a, Tensor b, Tensor y, double margin = 0, Reduction reduction = Reduction.Mean)
    {
        CheckShapes("MarginRanking", a, b);
        return Reduce((margin - y * (a - b)).Relu(), reduction);
    }

    /// <summary>Of rows a and b (…, d), y (…): 1 − cos(a, b) where y = 1, max(0, cos(a, b) − margin) where y = −1.</summary>
    public static Tensor CosineEmbedding(Tensor a, Tensor b, Tensor y, double margin = 0, Reduction reduction = Reduction.Mean)
    {
        CheckShapes("CosineEmbedding", a, b);
        const double epsilon = 1e-12;                                                           // no division by 0
        var cos = (a * b).Sum(-1) / ((a.Square().Sum(-1) + epsilon) * (b.Square().Sum(-1) + epsilon)).Sqrt();
        return Reduce((1 - cos).MaskedFill(y.NotEqualTo(1), 0) + (cos - margin).Relu().MaskedFill(y.NotEqualTo(-1), 0), reduction);
    }

    /// <summary>
    /// max(0, ‖a − b‖ − ‖a − c‖ + margin) of rows (…, d) → (…): the anchor a must lie nearer to b than to c (Schroff et al. 2015, §3.1).
    /// <paramref name="swap"/> takes the smaller of ‖a − c‖ and ‖b − c‖ (Balntas et al. 2016). Each difference is ε longer, so that the
    /// norm has a slope where they meet.
    /// </summary>
    public static Tensor TripletMargin(Tensor anchor, Tensor positive, Tensor negative, double margin = 1, double p = 2, double epsilon = 1e-6,
        bool swap = false, Reduction reduction = Reduction.Mean)
    {
        CheckShapes("TripletMargin", anchor, positive);
        CheckShapes("TripletMargin", anchor, negative);
        var far = Distance(anchor, negative);
        if (swap) far = far.Minimum(Distance(positive, negative));
        return Reduce((Distance(anchor, positive) - far + margin).Relu(), reduction);

        Tensor Distance(Tensor a, Tensor b) => (a - b + epsilon).Norm(p, [-1]);
    }

    internal static Case[] DistanceCases =>
    [
        Case.Of(x => HingeEmbedding(x, Signs(x, 3, 4), 0.8), [3, 4]),
        Case.Of((a, b) => MarginRanking(a, b, Signs(a, 3, 4), 0.5), [3, 4], [3, 4]),
        Case.Of((a, b) => CosineEmbedding(a, b, Signs(a, 4), 0.1), [4, 3], [4, 3]),
        Case.Of((a, b, c) => TripletMargin(a, b, c, swap: true), [4, 3], [4, 3], [4, 3]),
    ];

    // 1, −1, 1, −1, …
    static Tensor Signs(Tensor like, params ReadOnlySpan<int> sizes)
    {
        Shape shape = Shape.Create(sizes);
        return Tensor.Of([.. Enumerable.Range(0, shape.Count).Select(i => 1.0 - 2 * (i % 2))], shape, like.DType, like.Device);
    }
}
