namespace NanoAttention;

/// <summary>
/// Soft attention over all keys, by any score (global attention: Luong, Pham and Manning 2015, §3.1). With <see cref="AdditiveScore"/>
/// it is Bahdanau's, with <see cref="DotScore"/> the scaled dot product, with <see cref="DistanceScore"/> Nadaraya and Watson's.
/// Where the queries are the keys it is self-attention, where they are not, cross-attention.
/// <code>wᵢ = softmaxⱼ(score(qᵢ, kⱼ)),  contextᵢ = Σⱼ wᵢⱼ vⱼ</code>
/// Shapes: queries (b, t, query size), keys (b, s, key size), values (b, s, d), mask Bool, stretched to (b, t, s), true where a query
/// may look → (b, t, d); weights (b, t, s). A query that may look nowhere answers 0.
/// </summary>
public sealed class GlobalAttention(Score score) : Module
{
    public Score Score => score;

    public Tensor Forward(Tensor queries, Tensor keys, Tensor values, Tensor? mask = null) =>
        ForwardWithWeights(queries, keys, values, mask).Output;

    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor queries, Tensor keys, Tensor values, Tensor? mask = null)
    {
        var weights = Masks.Softmax(score.Forward(queries, keys), mask);
        return (weights.MatMul(values), weights);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new GlobalAttention(new DotScore()), (attention, x) => attention.Forward(x[0], x[1], x[2]),
            [[2, 3, 4], [2, 5, 4], [2, 5, 2]]),
        Case.Of(() => new GlobalAttention(new GeneralScore(4, 3)), (attention, x) => attention.Forward(x[0], x[1], x[1], x[2]),
            [[2, 3, 4], [2, 5, 3], Input.Mask([2, 1, 5])]),
        Case.Of(() => new GlobalAttention(new DistanceScore()), (attention, x) => attention.ForwardWithWeights(x[0], x[0], x[0]).Weights,
            [[2, 3, 2]]),
    ];
}
