namespace NanoAttention;

/// <summary>
/// A network of one hidden layer, with its own matrix for query and key (Bahdanau, Cho and Bengio 2015, §A.1.2).
/// <code>eᵢⱼ = v · tanh(Q qᵢ + K kⱼ)</code>
/// Shapes: queries (b, t, query size), keys (b, s, key size) → (b, t, s).
/// </summary>
public sealed class AdditiveScore(int querySize, int keySize, int size) : Score
{
    /// <summary>weight (size, query size)</summary>
    public Linear Q { get; } = new(querySize, size, bias: false);

    /// <summary>weight (size, key size)</summary>
    public Linear K { get; } = new(keySize, size, bias: false);

    /// <summary>(size)</summary>
    public Tensor V { get; } = Initialise.UniformFan(Initialise.Parameter([size]), size);

    public override Tensor Forward(Tensor queries, Tensor keys)
    {
        Check(queries, keys, querySize, keySize);
        return Of(queries, K.Forward(keys));
    }

    /// <summary>The scores against keys that K has projected, (b, s, size).</summary>
    public Tensor Of(Tensor queries, Tensor projected) =>
        (Q.Forward(queries).Unsqueeze(2) + projected.Unsqueeze(1)).Tanh().MatMul(V);    // (b, t, s, size) → (b, t, s)

    internal static Case[] Cases =>
    [
        Case.Of(() => new AdditiveScore(2, 3, 4), (score, x) => score.Forward(x[0], x[1]), [[2, 3, 2], [2, 5, 3]]),
    ];
}
