namespace NanoAttention;

/// <summary>
/// Additive attention (Bahdanau, Cho and Bengio 2015, §A.1.2).
/// <code>eⱼ = v · tanh(Q q + K kⱼ),  w = softmax(e),  context = Σⱼ wⱼ valueⱼ</code>
/// Shapes: query (b, query size), keys (b, s, key size), values (b, s, d), mask (b, s) Bool, true where it may look →
/// context (b, d), weights (b, s). Where it may look nowhere both are 0.
/// </summary>
public sealed class AdditiveAttention(int querySize, int keySize, int size) : Module
{
    [Name("")]
    public AdditiveScore Score { get; } = new(querySize, keySize, size);

    public (Tensor Context, Tensor Weights) Forward(Tensor query, Tensor keys, Tensor values, Tensor? mask = null) =>
        Attend(query, Project(keys), values, mask);

    /// <summary>K k, (b, s, size): computed once for all queries to the same keys.</summary>
    public Tensor Project(Tensor keys) => Score.K.Forward(keys);

    /// <summary>The attention of a query over keys that have been projected.</summary>
    public (Tensor Context, Tensor Weights) Attend(Tensor query, Tensor projected, Tensor values, Tensor? mask = null)
    {
        var scores = Score.Of(query.Unsqueeze(1), projected);                           // (b, 1, s)
        var weights = Masks.Softmax(scores, mask?.Unsqueeze(1));                        // (b, 1, s)
        return (weights.MatMul(values).Squeeze(1), weights.Squeeze(1));                 // (b, d), (b, s)
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new AdditiveAttention(3, 4, 5), (attention, x) => attention.Forward(x[0], x[1], x[1]).Context,
            [[2, 3], [2, 6, 4]]) with
        {
            Timed = Case.Of(() => new AdditiveAttention(256, 512, 128), (attention, x) => attention.Forward(x[0], x[1], x[1]).Context,
                [[32, 256], [32, 20, 512]]),
        },
        Case.Of(() => new AdditiveAttention(3, 4, 5), (attention, x) => attention.Forward(x[0], x[1], x[1], x[2]).Context,
            [[2, 3], [2, 6, 4], Input.Mask([2, 6])]),
        Case.Of(() => new AdditiveAttention(2, 2, 3), (attention, x) => attention.Forward(x[0], x[1], x[2]).Weights,
            [[2, 2], [2, 4, 2], [2, 4, 3]]),
    ];
}
