namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// Every example's channels, in groups of neighbours, made to have mean 0 and variance 1 (without correction), over the channels of
    /// the group and all further axes (Wu and He 2018). Shapes: x (n, channels, …), weight and bias (channels).
    /// <code>y = (x − x̄)/√(s² + ε) ⊙ weight + bias</code>
    /// One group of all channels is LayerNorm over an image; a group for every channel is <see cref="InstanceNorm"/>.
    /// </summary>
    public Tensor GroupNorm(int groups, Tensor? weight = null, Tensor? bias = null, double epsilon = 1e-5)
    {
        CheckChannels("GroupNorm", weight, bias);
        if (groups < 1 || Shape[1] % groups != 0)
            throw new ArgumentException($"GroupNorm: the {Shape[1]} channels of {Shape} do not come in {groups} groups");
        return Reshape(Shape[0], groups, Shape[1] / groups * Shape[2..].Count).LayerNorm(null, null, epsilon).Reshape(Shape.Sizes)
            .Scaled(weight, bias);
    }

    /// <summary>
    /// Every channel of every example made to have mean 0 and variance 1 (without correction) over the axes behind it (Ulyanov, Vedaldi
    /// and Lempitsky 2016). Shapes: x (n, channels, …), weight and bias (channels).
    /// <code>y = (x − x̄)/√(s² + ε) ⊙ weight + bias</code>
    /// </summary>
    public Tensor InstanceNorm(Tensor? weight = null, Tensor? bias = null, double epsilon = 1e-5)
    {
        CheckChannels("InstanceNorm", weight, bias);
        return Reshape(Shape[0], Shape[1], Shape[2..].Count).LayerNorm(null, null, epsilon).Reshape(Shape.Sizes).Scaled(weight, bias);
    }

    /// <summary>
    /// Every channel made to have mean 0 and variance 1 (without correction) over the examples and the axes behind it (Ioffe and Szegedy
    /// 2015); or with given means and variances, as a trained network does. Shapes: x (n, channels, …), all others (channels).
    /// <code>y = (x − mean)/√(variance + ε) ⊙ weight + bias</code>
    /// </summary>
    public Tensor BatchNorm(Tensor? weight = null, Tensor? bias = null, (Tensor Mean, Tensor Variance)? statistics = null,
        double epsilon = 1e-5)
    {
        CheckChannels("BatchNorm", weight, bias);
        if (statistics is not var (mean, variance))
            return ByChannel().LayerNorm(null, null, epsilon).Reshape([Shape[1], Shape[0], .. Shape.Sizes[2..]]).Transpose(0, 1)
                .Scaled(weight, bias);
        CheckChannels("BatchNorm", mean, variance);
        return ((this - mean.OverChannels(Rank)) / (variance + epsilon).Sqrt().OverChannels(Rank)).Scaled(weight, bias);
    }

    /// <summary>The mean and the variance of every channel of (n, channels, …), (channels) each.</summary>
    public (Tensor Mean, Tensor Variance) ChannelStatistics(int correction = 0)
    {
        CheckChannels("ChannelStatistics");
        var x = ByChannel();
        return (x.Mean(1), x.Var(1, correction));
    }

    // (n, channels, …) → (channels, all others)
    Tensor ByChannel() => Transpose(0, 1).Reshape(Shape[1], Shape[0] * Shape[2..].Count);

    // x ⊙ weight + bias, (channels) over (n, channels, …)
    Tensor Scaled(Tensor? weight, Tensor? bias) => (weight is null ? this : this * weight.OverChannels(Rank)).PlusChannels(bias);

    void CheckChannels(string op, params ReadOnlySpan<Tensor?> parameters)
    {
        CheckFloat(op);
        if (Rank < 2) throw new ArgumentException($"{op}: {Shape} has no channels; it must be (n, channels, …)");
        foreach (var p in parameters)
        {
            if (p is null) continue;
            CheckPair(this, p, op);
            if (p.Rank != 1 || p.Count != Shape[1])
                throw new ArgumentException($"{op}: {p.Shape} does not fit {Shape}: it must be ({Shape[1]})");
        }
    }

    static Case[] GroupNormCases =>
    [
        Case.Of((x, w, b) => x.GroupNorm(2, w, b), [2, 4, 3], [4], [4]) with { Bench = [[16, 64, 28, 28], [64], [64]] },
        Case.Of(x => x.GroupNorm(1, epsilon: 0.1), [2, 3, 2, 2]),
        Case.Of((x, w, b) => x.InstanceNorm(w, b), [2, 3, 4, 2], [3], [3]) with { Bench = [[16, 64, 28, 28], [64], [64]] },
        Case.Of((x, w, b) => x.BatchNorm(w, b), [4, 3, 2], [3], [3]) with { Bench = [[16, 64, 28, 28], [64], [64]] },
        Case.Of(x => x.BatchNorm(epsilon: 0.1), [5, 3]),
        Case.Of(t => t[0].BatchNorm(t[1], t[2], (t[3], t[4])), [[4, 3, 2], [3], [3], [3], Input.Within(0.5, 2, [3])]),
        Case.Of(x => { var (mean, variance) = x.ChannelStatistics(correction: 1); return mean * variance; }, [3, 2, 2]),
    ];
}
