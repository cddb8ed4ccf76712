namespace NanoAttention;

/// <summary>
/// A sequence in one vector: each place is scored by itself, without a query (feed-forward attention: Raffel and Ellis 2016, §2). With
/// v = 1 the score is the sum of the hidden features. A bias added to every score would change nothing, so there is none.
/// <code>eₜ = v · f(W xₜ + b),  w = softmax(e) over the places,  y = Σₜ wₜ xₜ</code>
/// Shapes: x (b, t, size), mask (b, t) Bool, true where there is something → (b, size); weights (b, t).
/// </summary>
/// <param name="inner">How many hidden features; none: eₜ = v · xₜ.</param>
/// <param name="activation">f; tanh unless given.</param>
public sealed class AttentionPooling(int size, int? inner = null, Func<Tensor, Tensor>? activation = null) : Layer
{
    /// <summary>weight (inner, size)</summary>
    public Linear? W { get; } = inner is { } features ? new(size, features) : null;

    /// <summary>(inner, or size)</summary>
    public Tensor V { get; } = Initialise.UniformFan(Initialise.Parameter([inner ?? size]), inner ?? size);

    public override Tensor Forward(Tensor x) => ForwardWithWeights(x).Output;

    public Tensor Forward(Tensor x, Tensor mask) => ForwardWithWeights(x, mask).Output;

    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x, Tensor? mask = null)
    {
        if (x.Rank != 3 || x.Shape[2] != size) throw new ArgumentException($"AttentionPooling: the input {x.Shape} must be (b, t, {size})");
        var hidden = W is null ? x : activation is null ? W.Forward(x, Activation.Tanh) : activation(W.Forward(x)); // (b, t, inner)
        var weights = Masks.Softmax(hidden.MatMul(V), mask);                            // (b, t)
        return (weights.Unsqueeze(1).MatMul(x).Squeeze(1), weights);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new AttentionPooling(3, inner: 4), (pooling, x) => pooling.Forward(x[0], x[1]), [[2, 5, 3], Input.Mask([2, 5])]),
        Case.Of(() => new AttentionPooling(3, inner: 2, h => h.Relu()), (pooling, x) => pooling.Forward(x[0]), [[2, 4, 3]]),
        Case.Of(() => new AttentionPooling(3), (pooling, x) => pooling.ForwardWithWeights(x[0]).Weights, [[2, 4, 3]]),
    ];
}
