namespace NanoAttention;

/// <summary>
/// The dot product (Luong, Pham and Manning 2015, §3.1), or divided by √d, which keeps its variance 1 where those of queries and keys
/// are (Vaswani et al. 2017, §3.2.1). Dividing by d itself makes the softmax flat.
/// <code>eᵢⱼ = qᵢ · kⱼ,  or  qᵢ · kⱼ/√d</code>
/// Shapes: queries (b, t, d), keys (b, s, d) → (b, t, s).
/// </summary>
public sealed class DotScore(bool scaled = true) : Score
{
    public override Tensor Forward(Tensor queries, Tensor keys)
    {
        int size = CommonSize(queries, keys);
        var scores = queries.MatMul(keys.Transpose());
        return scaled ? scores / Math.Sqrt(size) : scores;
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new DotScore(), (score, x) => score.Forward(x[0], x[1]), [[2, 3, 4], [2, 5, 4]]),
        Case.Of(() => new DotScore(scaled: false), (score, x) => score.Forward(x[0], x[1]), [[1, 2, 3], [1, 4, 3]]),
    ];
}
