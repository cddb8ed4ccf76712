namespace NanoAttention;

/// <summary>
/// Where an image matters: a gate for each place, from the mean and the maximum over the channels there and around it (CBAM: Woo et
/// al. 2018, §3.2).
/// <code>s = σ(conv [mean_c x; max_c x]),  y = s ⊙ x</code>
/// Shapes: (n, c, h, w) → the same; weights (n, 1, h, w), each in (0, 1) by itself.
/// </summary>
/// <param name="kernel">The convolution's size, odd; 7 in the paper.</param>
public sealed class SpatialAttention(int kernel = 7) : Layer
{
    /// <summary>weight (1, 2, kernel, kernel)</summary>
    public Conv2d Conv { get; } = new(2, 1, Odd(kernel), padding: kernel / 2, bias: false);

    public override Tensor Forward(Tensor x) => ForwardWithWeights(x).Output;

    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x)
    {
        if (x.Rank != 4) throw new ArgumentException($"SpatialAttention: the input {x.Shape} must be (n, c, h, w)");
        var weights = Conv.Forward(Tensor.Concat([x.Mean(1, keep: true), x.Max(1, keep: true)], 1)).Sigmoid();
        return (x * weights, weights);                                                  // (n, c, h, w), (n, 1, h, w)
    }

    static int Odd(int kernel) => kernel > 0 && kernel % 2 == 1 ? kernel
        : throw new ArgumentException($"SpatialAttention: the kernel {kernel} must be odd, so that the gates lie on the image's places");

    internal static Case[] Cases => [Case.Of(() => new SpatialAttention(3), (attention, x) => attention.Forward(x[0]), [[2, 3, 4, 3]])];
}
