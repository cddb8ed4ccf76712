namespace NanoAttention;

/// <summary>
/// A gate for each channel, from the means of all (Hu, Shen and Sun 2018, §3): "squeeze" and "excite". The gate multiplies the
/// features; a sigmoid of the means alone, without that product, attends to nothing.
/// <code>s = σ(W₂ relu(W₁ mean x + b₁) + b₂),  y = s ⊙ x</code>
/// Shapes: (n, c, h, w) → the same; weights (n, c), each in (0, 1) by itself.
/// </summary>
/// <param name="inner">How many features the network has inside; c/16 in the paper.</param>
public sealed class SqueezeExcitation(int channels, int inner) : Layer
{
    /// <summary>weight (inner, c)</summary>
    public Linear Fc1 { get; } = new(channels, inner);

    /// <summary>weight (c, inner)</summary>
    public Linear Fc2 { get; } = new(inner, channels);

    public override Tensor Forward(Tensor x) => ForwardWithWeights(x).Output;

    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x)
    {
        Gates.Check(nameof(SqueezeExcitation), x, channels);
        var weights = Fc2.Forward(Fc1.Forward(x.Mean([2, 3]), Activation.Relu), Activation.Sigmoid); // (n, c)
        return (x * Gates.PerChannel(weights), weights);
    }

    internal static Case[] Cases => [Case.Of(() => new SqueezeExcitation(4, 2), (attention, x) => attention.Forward(x[0]), [[2, 4, 3, 2]])];
}
