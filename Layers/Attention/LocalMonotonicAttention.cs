namespace NanoAttention;

/// <summary>
/// Soft attention over a window that moves along with the query, local-m (Luong, Pham and Manning 2015, §3.2): source and target are
/// taken to be roughly aligned.
/// <code>pᵢ = i,  wᵢ = softmax of score(qᵢ, kⱼ) over |j − pᵢ| ≤ D,  contextᵢ = Σⱼ wᵢⱼ vⱼ</code>
/// Shapes: those of <see cref="GlobalAttention"/>. A query whose window holds no key answers 0.
/// </summary>
/// <param name="reach">D.</param>
public sealed class LocalMonotonicAttention(Score score, int reach) : Module
{
    public Score Score => score;

    /// <param name="offset">The place of the first query.</param>
    public Tensor Forward(Tensor queries, Tensor keys, Tensor values, Tensor? mask = null, int offset = 0) =>
        ForwardWithWeights(queries, keys, values, mask, offset).Output;

    /// <inheritdoc cref="Forward"/>
    public (Tensor Output, Tensor Weights) ForwardWithWeights(
        Tensor queries, Tensor keys, Tensor values, Tensor? mask = null, int offset = 0)
    {
        var scores = score.Forward(queries, keys);
        var window = Masks.Of(Masks.Around(reach), queries.Shape[1], keys.Shape[1], offset, keys.Device);
        var weights = scores.Softmax(mask is null ? window : window & mask);
        return (weights.MatMul(values), weights);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new LocalMonotonicAttention(new GeneralScore(4, 3), 1), (attention, x) => attention.Forward(x[0], x[1], x[1]),
            [[2, 4, 4], [2, 5, 3]]),
        Case.Of(() => new LocalMonotonicAttention(new DotScore(), 2),
            (attention, x) => attention.ForwardWithWeights(x[0], x[1], x[1], x[2], offset: 1).Weights,
            [[2, 2, 3], [2, 6, 3], Input.Mask([2, 1, 6])]),
    ];
}
