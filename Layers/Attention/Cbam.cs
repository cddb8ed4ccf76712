namespace NanoAttention;

/// <summary>
/// The convolutional block attention module (Woo et al. 2018): <see cref="ChannelAttention"/>, then <see cref="SpatialAttention"/>.
/// Shapes: (n, c, h, w) → the same; weights (n, c) and (n, 1, h, w).
/// </summary>
public sealed class Cbam(int channels, int inner, int kernel = 7) : Layer
{
    [Name("")]
    public ChannelAttention Channel { get; } = new(channels, inner);

    [Name("")]
    public SpatialAttention Spatial { get; } = new(kernel);

    public override Tensor Forward(Tensor x) => Spatial.Forward(Channel.Forward(x));

    public (Tensor Output, (Tensor Channel, Tensor Spatial) Weights) ForwardWithWeights(Tensor x)
    {
        var (y, channel) = Channel.ForwardWithWeights(x);
        (y, var spatial) = Spatial.ForwardWithWeights(y);
        return (y, (channel, spatial));
    }

    internal static Case[] Cases => [Case.Of(() => new Cbam(4, 2, 3), (attention, x) => attention.Forward(x[0]), [[2, 4, 3, 4]])];
}
