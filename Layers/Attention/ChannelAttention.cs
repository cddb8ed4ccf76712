namespace NanoAttention;

/// <summary>
/// What of an image matters: a gate for each channel, from its mean and its maximum through one shared network without biases (CBAM:
/// Woo et al. 2018, §3.1).
/// <code>s = σ(W₂ relu(W₁ mean x) + W₂ relu(W₁ max x)),  y = s ⊙ x</code>
/// Shapes: (n, c, h, w) → the same; weights (n, c), each in (0, 1) by itself.
/// </summary>
/// <param name="inner">How many features the network has inside; c/16 in the paper.</param>
public sealed class ChannelAttention(int channels, int inner) : Layer
{
    /// <summary>weight (inner, c)</summary>
    public Linear Fc1 { get; } = new(channels, inner, bias: false);

    /// <summary>weight (c, inner)</summary>
    public Linear Fc2 { get; } = new(inner, channels, bias: false);

    public override Tensor Forward(Tensor x) => ForwardWithWeights(x).Output;

    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x)
    {
        Gates.Check(nameof(ChannelAttention), x, channels);
        var weights = (Shared(x.Mean([2, 3])) + Shared(x.Max([2, 3]))).Sigmoid();       // (n, c)
        return (x * Gates.PerChannel(weights), weights);
    }

    Tensor Shared(Tensor pooled) => Fc2.Forward(Fc1.Forward(pooled, Activation.Relu));

    internal static Case[] Cases => [Case.Of(() => new ChannelAttention(4, 2), (attention, x) => attention.Forward(x[0]), [[2, 4, 3, 2]])];
}

/// <summary>What the gates over channels have in common.</summary>
static class Gates
{
    public static void Check(string layer, Tensor x, int channels)
    {
        if (x.Rank != 4 || x.Shape[1] != channels)
            throw new ArgumentException($"{layer}: the input {x.Shape} must be (n, {channels}, h, w)");
    }

    /// <summary>(n, c) → (n, c, 1, 1)</summary>
    public static Tensor PerChannel(Tensor gates) => gates.Unsqueeze(2).Unsqueeze(3);
}
