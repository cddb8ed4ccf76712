namespace NanoAttention;

/// <summary>
/// Soft attention over a window where the query itself says it should be, local-p (Luong, Pham and Manning 2015, §3.2): the weights
/// are multiplied by a Gaussian around that place, through which it gets a gradient; so they sum to less than 1.
/// <code>
/// pᵢ = S σ(v · tanh(W qᵢ)),  S the number of keys,  σ² = (D/2)²
/// wᵢⱼ = softmax of score(qᵢ, kⱼ) over |j − pᵢ| ≤ D  ·  exp(−(j − pᵢ)²/2σ²),  contextᵢ = Σⱼ wᵢⱼ vⱼ
/// </code>
/// Shapes: those of <see cref="GlobalAttention"/>; S counts the keys that the mask lets a query see.
/// </summary>
/// <param name="reach">D.</param>
public sealed class LocalPredictiveAttention(Score score, int querySize, int size, int reach) : Module
{
    public Score Score => score;

    /// <summary>weight (size, query size)</summary>
    public Linear W { get; } = new(querySize, size, bias: false);

    /// <summary>(size)</summary>
    public Tensor V { get; } = Initialise.UniformFan(Initialise.Parameter([size]), size);

    public Tensor Forward(Tensor queries, Tensor keys, Tensor values, Tensor? mask = null) =>
        ForwardWithWeights(queries, keys, values, mask).Output;

    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor queries, Tensor keys, Tensor values, Tensor? mask = null)
    {
        var scores = score.Forward(queries, keys);
        var places = Tensor.Arange(keys.Shape[1], keys.DType, keys.Device);                             // (s)
        var away = places - Center(queries, keys, mask).Unsqueeze(2);                                   // (b, t, s)
        var window = away.Detach().Abs() <= reach;
        var weights = scores.Softmax(mask is null ? window : window & mask);
        weights *= (away.Square() * (-2.0 / (reach * reach))).Exp();                                    // 2σ² = D²/2
        return (weights.MatMul(values), weights);
    }

    // p, (b, t)
    Tensor Center(Tensor queries, Tensor keys, Tensor? mask)
    {
        var share = W.Forward(queries, Activation.Tanh).MatMul(V).Sigmoid();
        if (mask is null) return share * keys.Shape[1];
        var seen = mask.Expand(queries.Shape[0], queries.Shape[1], keys.Shape[1]);                      // (b, t, s)
        return share * seen.To(keys.DType).Sum(-1);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new LocalPredictiveAttention(new GeneralScore(4, 3), 4, 2, 2), (attention, x) => attention.Forward(x[0], x[1], x[1]),
            [[2, 4, 4], [2, 7, 3]]),
        Case.Of(() => new LocalPredictiveAttention(new DotScore(), 3, 2, 3),
            (attention, x) => attention.ForwardWithWeights(x[0], x[1], x[1], x[2]).Weights, [[2, 2, 3], [2, 6, 3], Input.Mask([2, 1, 6])]),
    ];
}
