namespace NanoAttention;

/// <summary>
/// How near a key is: the negative squared Euclidean distance. Its softmax is the Gaussian kernel's weighted mean (Nadaraya 1964,
/// Watson 1964) with bandwidth 1. A distance itself would favour what is far away.
/// <code>eᵢⱼ = −‖qᵢ − kⱼ‖²/2</code>
/// Shapes: queries (b, t, d), keys (b, s, d) → (b, t, s).
/// </summary>
public sealed class DistanceScore : Score
{
    public override Tensor Forward(Tensor queries, Tensor keys)
    {
        CommonSize(queries, keys);
        return (queries.Unsqueeze(2) - keys.Unsqueeze(1)).Square().Sum(-1) / -2;        // (b, t, s, d) → (b, t, s)
    }

    internal static Case[] Cases => [Case.Of(() => new DistanceScore(), (score, x) => score.Forward(x[0], x[1]), [[2, 3, 4], [2, 5, 4]])];
}
