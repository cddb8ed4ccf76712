using static NanoAttention.Reverse;

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
        if (statistics is not var (mean, variance)) return BatchNormWithStatistics(weight, bias, epsilon).Output;
        CheckChannels("BatchNorm", weight, bias, mean, variance);
        return ((this - mean.OverChannels(Rank)) / (variance + epsilon).Sqrt().OverChannels(Rank)).Scaled(weight, bias);
    }

    /// <summary>
    /// As <see cref="BatchNorm"/>, with what it normalised by: the mean of every channel, and its variance without correction, which are
    /// taken for constants.
    /// <code>dx = weight/√(s² + ε) (dy − mean dy − x̂ mean(dy x̂));  dweight = Σ dy x̂;  dbias = Σ dy</code>
    /// </summary>
    public (Tensor Output, Tensor Mean, Tensor Variance) BatchNormWithStatistics(Tensor? weight = null, Tensor? bias = null, double epsilon = 1e-5)
    {
        CheckChannels("BatchNorm", weight, bias);
        const int leastPlane = 8;                   // shorter ones are no work for registers
        if (Device is not CpuDevice cpu || Count == 0 || Shape[2..].Count < leastPlane)
        {
            var (mean, variance) = Detach().ChannelStatistics();
            return (ComposedBatchNorm(this, weight, bias, epsilon), mean, variance);
        }
        var (x, w, b) = (Contiguous(), weight?.Contiguous(), bias?.Contiguous());
        var y = Like(x, "BatchNorm");
        Tensor[] statistics = Array.ConvertAll(new int[3], _ => Empty([Shape[1]], DType, Device, "BatchNorm"));
        cpu.BatchNorm(x, w, b, y, statistics[0], statistics[1], statistics[2], epsilon);

        Tensor[] inputs = [x, .. w is null ? [] : (Tensor[])[w], .. b is null ? [] : (Tensor[])[b]];
        Record(y, inputs, dy =>
        {
            if (Recording) return PullTwin(t => ComposedBatchNorm(t[0], w is null ? null : t[1], b is null ? null : t[^1], epsilon), inputs, dy);
            var dx = x.RequiresGrad ? Like(x) : null;
            var dw = w is { RequiresGrad: true } ? Like(w) : null;
            var db = b is { RequiresGrad: true } ? Like(b) : null;
            cpu.BatchNormBackward(x, w, statistics[0], statistics[2], dy.Contiguous(), dx, dw, db);
            return [dx, .. w is null ? [] : (Tensor?[])[dw], .. b is null ? [] : (Tensor?[])[db]];
        }, "BatchNorm");
        return (y, statistics[0] + x.Detach().Select(0, 0).Reshape(Shape[1], -1).Select(1, 0), statistics[1]);
    }

    static Tensor ComposedBatchNorm(Tensor x, Tensor? weight, Tensor? bias, double epsilon) =>
        x.ByChannel().LayerNorm(null, null, epsilon).Reshape([x.Shape[1], x.Shape[0], .. x.Shape.Sizes[2..]]).Transpose(0, 1).Scaled(weight, bias);

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
        Case.Of((x, w, b) => x.BatchNorm(w, b), [4, 3, 2], [3], [3]),
        Case.Of((x, w, b) => x.BatchNorm(w, b), [2, 3, 3, 7], [3], [3]) with     // planes longer than a register
        {
            Twin = t => ComposedBatchNorm(t[0], t[1], t[2], 1e-5), Bench = [[16, 64, 28, 28], [64], [64]],
        },
        Case.Of((x, w) => x.BatchNorm(w, epsilon: 0.1), [3, 2, 67], [2]) with { Twin = t => ComposedBatchNorm(t[0], t[1], null, 0.1) },
        Case.Of((x, b) => x.BatchNormWithStatistics(null, b).Output, [2, 2, 9], [2]) with { Twin = t => ComposedBatchNorm(t[0], null, t[1], 1e-5) },
        Case.Of(x => x.BatchNorm(epsilon: 0.1), [5, 3]),
        Case.Of(t => t[0].BatchNorm(t[1], t[2], (t[3], t[4])), [[4, 3, 2], [3], [3], [3], Input.Within(0.5, 2, [3])]),
        Case.Of(x => { var (mean, variance) = x.ChannelStatistics(correction: 1); return mean * variance; }, [3, 2, 2]),
    ];
}
