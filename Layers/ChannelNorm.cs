namespace NanoAttention;

/// <summary>
/// What BatchNorm and InstanceNorm share: a weight and a bias for each channel of (n, channels, …), and running means of what training
/// sees, with which they work afterwards: <c>running = (1 − momentum) running + momentum · seen</c>, the variance with correction 1.
/// </summary>
public abstract class ChannelNorm : Layer
{
    private protected readonly double epsilon;

    private protected ChannelNorm(int channels, double epsilon, bool affine, bool track)
    {
        this.epsilon = epsilon;
        if (affine) (Weight, Bias) = (Initialise.Constant(Initialise.Parameter([channels]), 1), Initialise.Parameter([channels]));
        if (!track) return;
        (RunningMean, RunningVar) = (Tensor.Zeros([channels]).Keep(), Tensor.Ones([channels]).Keep());
        NumBatchesTracked = Tensor.Zeros([], DType.I32).Keep();
    }

    /// <summary>(channels), ones at first.</summary>
    public Tensor? Weight { get; }

    /// <summary>(channels), zeros at first.</summary>
    public Tensor? Bias { get; }

    /// <summary>(channels), zeros at first.</summary>
    public Tensor? RunningMean { get; }

    /// <summary>(channels), ones at first.</summary>
    public Tensor? RunningVar { get; }

    /// <summary>How many batches the running statistics are made of.</summary>
    public Tensor? NumBatchesTracked { get; }

    /// <summary>The running statistics, where they are kept and training is over.</summary>
    private protected (Tensor, Tensor)? Learned =>
        !Training && RunningMean is { } mean && RunningVar is { } variance ? (mean, variance) : null;

    private protected void Track(Tensor mean, Tensor variance, double momentum)
    {
        RunningMean!.CopyFrom((1 - momentum) * RunningMean + momentum * mean.Detach());
        RunningVar!.CopyFrom((1 - momentum) * RunningVar + momentum * variance.Detach());
    }

    private protected void CheckRank(Tensor x, int least, int most, string shape)
    {
        if (x.Rank < least || x.Rank > most) throw new ArgumentException($"{GetType().Name}: {x.Shape} is not {shape}");
    }
}
