namespace NanoAttention;

/// <summary>
/// A network of one hidden layer that sees query and key side by side, "concat" (Luong, Pham and Manning 2015, §3.1).
/// <see cref="AdditiveScore"/> is the same with W in two parts.
/// <code>eᵢⱼ = v · tanh(W [qᵢ; kⱼ])</code>
/// Shapes: queries (b, t, query size), keys (b, s, key size) → (b, t, s).
/// </summary>
public sealed class ConcatScore(int querySize, int keySize, int size) : Score
{
    /// <summary>weight (size, query size + key size)</summary>
    public Linear W { get; } = new(querySize + keySize, size, bias: false);

    /// <summary>(size)</summary>
    public Tensor V { get; } = Initialise.UniformFan(Initialise.Parameter([size]), size);

    public override Tensor Forward(Tensor queries, Tensor keys)
    {
        Check(queries, keys, querySize, keySize);
        var (b, t, s) = (queries.Shape[0], queries.Shape[1], keys.Shape[1]);
        var pairs = Tensor.Concat([queries.Unsqueeze(2).Expand(b, t, s, querySize), keys.Unsqueeze(1).Expand(b, t, s, keySize)], -1);
        return W.Forward(pairs, Activation.Tanh).MatMul(V);                             // (b, t, s, size) → (b, t, s)
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new ConcatScore(2, 3, 4), (score, x) => score.Forward(x[0], x[1]), [[2, 3, 2], [2, 5, 3]]),
    ];
}
