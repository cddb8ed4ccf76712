namespace NanoAttention;

/// <summary>
/// Every channel of every example of (n, channels, …) or (channels, …) normalised over the axes behind it (Ulyanov, Vedaldi and Lempitsky
/// 2016): <see cref="Tensor.InstanceNorm"/>. Evaluation takes the running statistics of training, if they are tracked.
/// </summary>
public abstract class InstanceNorm : ChannelNorm
{
    readonly double momentum;

    private protected InstanceNorm(int channels, double epsilon, double momentum, bool affine, bool track)
        : base(channels, epsilon, affine, track) => this.momentum = momentum;

    private protected Tensor Normalise(Tensor x, int axes)
    {
        if (x.Rank == axes + 1) return Normalise(x.Unsqueeze(0), axes).Squeeze(0);
        if (Learned is { } statistics) return x.BatchNorm(Weight, Bias, statistics, epsilon);
        if (Training && RunningMean is not null)
        {
            using var _ = Reverse.NoGrad();
            var flat = x.Reshape(x.Shape[0], x.Shape[1], x.Shape[2..].Count);
            Track(flat.Mean(-1).Mean(0), flat.Var(-1).Mean(0), momentum);
        }
        return x.InstanceNorm(Weight, Bias, epsilon);
    }
}

/// <summary>Instance normalisation of (n, channels, t) or (channels, t).</summary>
/// <param name="channels">How many channels.</param>
/// <param name="epsilon">Added to the variance.</param>
/// <param name="momentum">How much of the running statistics a batch makes up.</param>
/// <param name="affine">With a weight and a bias for each channel.</param>
/// <param name="track">Keep running statistics.</param>
public sealed class InstanceNorm1d(int channels, double epsilon = 1e-5, double momentum = 0.1, bool affine = false, bool track = false)
    : InstanceNorm(channels, epsilon, momentum, affine, track)
{
    public override Tensor Forward(Tensor x)
    {
        CheckRank(x, 2, 3, "(n, channels, t) or (channels, t)");
        return Normalise(x, 1);
    }

    internal static Case[] Cases => [Case.Of(() => new InstanceNorm1d(3), (norm, x) => norm.Forward(x[0]), [[2, 3, 4]])];
}

/// <summary>Instance normalisation of (n, channels, h, w) or (channels, h, w).</summary>
/// <inheritdoc cref="InstanceNorm1d"/>
public sealed class InstanceNorm2d(int channels, double epsilon = 1e-5, double momentum = 0.1, bool affine = false, bool track = false)
    : InstanceNorm(channels, epsilon, momentum, affine, track)
{
    public override Tensor Forward(Tensor x)
    {
        CheckRank(x, 3, 4, "(n, channels, h, w) or (channels, h, w)");
        return Normalise(x, 2);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new InstanceNorm2d(2, affine: true, track: true), (norm, x) => norm.Forward(x[0]), [[2, 2, 3, 2]]),
    ];
}

/// <summary>Instance normalisation of (n, channels, d, h, w) or (channels, d, h, w).</summary>
/// <inheritdoc cref="InstanceNorm1d"/>
public sealed class InstanceNorm3d(int channels, double epsilon = 1e-5, double momentum = 0.1, bool affine = false, bool track = false)
    : InstanceNorm(channels, epsilon, momentum, affine, track)
{
    public override Tensor Forward(Tensor x)
    {
        CheckRank(x, 4, 5, "(n, channels, d, h, w) or (channels, d, h, w)");
        return Normalise(x, 3);
    }

    internal static Case[] Cases => [Case.Of(() => new InstanceNorm3d(2, affine: true), (norm, x) => norm.Forward(x[0]), [[2, 1, 2, 3]])];
}
