namespace NanoAttention;

/// <summary>
/// The dot product through a matrix, "general" (Luong, Pham and Manning 2015, §3.1): query and key may have other sizes.
/// <code>eᵢⱼ = qᵢᵀ W kⱼ</code>
/// Shapes: queries (b, t, query size), keys (b, s, key size) → (b, t, s).
/// </summary>
public sealed class GeneralScore(int querySize, int keySize) : Score
{
    /// <summary>(query size, key size)</summary>
    public Tensor Weight { get; } = Initialise.UniformFan(Initialise.Parameter([querySize, keySize]), keySize);

    public override Tensor Forward(Tensor queries, Tensor keys)
    {
        Check(queries, keys, querySize, keySize);
        return queries.MatMul(Weight).MatMul(keys.Transpose());
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new GeneralScore(4, 3), (score, x) => score.Forward(x[0], x[1]), [[2, 3, 4], [2, 5, 3]]),
    ];
}
