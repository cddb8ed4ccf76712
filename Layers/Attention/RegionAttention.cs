namespace NanoAttention;

/// <summary>
/// The attention of Show, Attend and Tell (Xu et al. 2015, §3.1.2 and 4.2): a decoder's state looks at the regions of an image, and a
/// gate says how much of what it sees counts. For its stochastic form give <see cref="HardAttention"/> the <see cref="Regions"/>.
/// <code>eᵢ = v · tanh(Q h + K aᵢ),  w = softmax(e),  β = σ(f · h + c),  context = β Σᵢ wᵢ aᵢ</code>
/// Shapes: state (b, state size), features (b, c, height, width) → (b, c); weights (b, height, width).
/// </summary>
public sealed class RegionAttention(int stateSize, int channels, int size) : Module
{
    public AdditiveScore Score { get; } = new(stateSize, channels, size);

    /// <summary>weight (1, state size)</summary>
    public Linear Gate { get; } = new(stateSize, 1);

    public Tensor Forward(Tensor state, Tensor features) => ForwardWithWeights(state, features).Output;

    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor state, Tensor features)
    {
        if (features.Rank != 4 || features.Shape[1] != channels)
            throw new ArgumentException($"RegionAttention: the features {features.Shape} must be (b, {channels}, height, width)");
        var regions = Regions(features);
        var weights = Score.Forward(state.Unsqueeze(1), regions).Softmax();                             // (b, 1, regions)
        var seen = weights.MatMul(regions).Squeeze(1);                                                  // (b, c)
        return (Gate.Forward(state, Activation.Sigmoid) * seen, weights.Reshape(state.Shape[0], features.Shape[2], features.Shape[3]));
    }

    /// <summary>(b, c, height, width) → (b, height · width, c)</summary>
    public static Tensor Regions(Tensor features) => features.Flatten(2).Transpose(1, 2);

    /// <summary>
    /// The penalty of "doubly stochastic" attention (§4.2.1), which asks that every region is looked at over time: Σᵢ(1 − Σₜ wₜᵢ)².
    /// Shapes: weights (b, t, regions) → (b).
    /// </summary>
    public static Tensor Neglect(Tensor weights) => (1 - weights.Sum(1)).Square().Sum(-1);

    internal static Case[] Cases =>
    [
        Case.Of(() => new RegionAttention(3, 2, 4), (attention, x) => attention.Forward(x[0], x[1]), [[2, 3], [2, 2, 3, 2]]),
        Case.Of(() => new RegionAttention(3, 2, 4),
            (attention, x) => Neglect(attention.ForwardWithWeights(x[0], x[1]).Weights.Flatten(1).Unsqueeze(1)), [[2, 3], [2, 2, 2, 2]]),
    ];
}
