namespace NanoAttention;

/// <summary>
/// Every channel of (n, channels, …) normalised over the batch (Ioffe and Szegedy 2015): <see cref="Tensor.BatchNorm"/>. Evaluation
/// takes the running statistics of training, if they are tracked.
/// </summary>
public abstract class BatchNorm : ChannelNorm
{
    readonly double? momentum;

    private protected BatchNorm(int channels, double epsilon, double? momentum, bool affine, bool track)
        : base(channels, epsilon, affine, track) => this.momentum = momentum;

    private protected Tensor Normalise(Tensor x)
    {
        if (Learned is { } statistics) return x.BatchNorm(Weight, Bias, statistics, epsilon);
        if (Training && x.Shape[1] > 0 && x.Count <= x.Shape[1] && x.Count > 0)
            throw new ArgumentException($"{GetType().Name}: {x.Shape} has one number for each channel, too few to normalise in training");
        if (!Training || NumBatchesTracked is null) return x.BatchNorm(Weight, Bias, epsilon: epsilon);
        var (y, mean, variance) = x.BatchNormWithStatistics(Weight, Bias, epsilon);
        using var _ = Reverse.NoGrad();
        int batches = (int)NumBatchesTracked.Item() + 1;
        NumBatchesTracked.Fill(batches);
        double count = x.Shape[1] == 0 ? 0 : x.Count / x.Shape[1];
        Track(mean, variance * (count / (count - 1)), momentum ?? 1.0 / batches);
        return y;
    }
}

/// <summary>Batch normalisation of (n, channels) or (n, channels, t).</summary>
/// <param name="channels">How many channels.</param>
/// <param name="epsilon">Added to the variance.</param>
/// <param name="momentum">How much of the running statistics a batch makes up; null: as much as every batch before it.</param>
/// <param name="affine">With a weight and a bias for each channel.</param>
/// <param name="track">Keep running statistics.</param>
public sealed class BatchNorm1d(int channels, double epsilon = 1e-5, double? momentum = 0.1, bool affine = true, bool track = true)
    : BatchNorm(channels, epsilon, momentum, affine, track)
{
    public override Tensor Forward(Tensor x)
    {
        CheckRank(x, 2, 3, "(n, channels) or (n, channels, t)");
        return Normalise(x);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new BatchNorm1d(3), (norm, x) => norm.Forward(x[0]), [[5, 3]]),
        Case.Of(() => new BatchNorm1d(3, 0.1, affine: false, track: false), (norm, x) => norm.Forward(x[0]), [[2, 3, 4]]),
        Case.Of(() => Evaluating(new BatchNorm1d(3)), (norm, x) => norm.Forward(x[0]), [[4, 3]]),
    ];

    static BatchNorm1d Evaluating(BatchNorm1d norm)
    {
        norm.Eval();
        return norm;
    }
}

/// <summary>Batch normalisation of (n, channels, h, w).</summary>
/// <inheritdoc cref="BatchNorm1d"/>
public sealed class BatchNorm2d(int channels, double epsilon = 1e-5, double? momentum = 0.1, bool affine = true, bool track = true)
    : BatchNorm(channels, epsilon, momentum, affine, track)
{
    public override Tensor Forward(Tensor x)
    {
        CheckRank(x, 4, 4, "(n, channels, h, w)");
        return Normalise(x);
    }

    internal static Case[] Cases => [Case.Of(() => new BatchNorm2d(2, momentum: null), (norm, x) => norm.Forward(x[0]), [[2, 2, 3, 2]])];
}

/// <summary>Batch normalisation of (n, channels, d, h, w).</summary>
/// <inheritdoc cref="BatchNorm1d"/>
public sealed class BatchNorm3d(int channels, double epsilon = 1e-5, double? momentum = 0.1, bool affine = true, bool track = true)
    : BatchNorm(channels, epsilon, momentum, affine, track)
{
    public override Tensor Forward(Tensor x)
    {
        CheckRank(x, 5, 5, "(n, channels, d, h, w)");
        return Normalise(x);
    }

    internal static Case[] Cases => [Case.Of(() => new BatchNorm3d(2), (norm, x) => norm.Forward(x[0]), [[2, 2, 1, 2, 2]])];
}
