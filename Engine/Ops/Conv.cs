using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// Convolution as networks call it (a correlation: the kernel is not turned round), over any number d of axes: x (n, in, …) or (in, …)
    /// with d axes behind, weight (out, in/groups, k₁, …, k_d), bias (out) → (n, out, o₁, …, o_d). Padding is zeros unless a mode is given;
    /// the groups split the channels, in and out, into as many convolutions beside each other. Each is a matrix product
    /// (Chellapilla, Puri and Simard 2006): the kernels' rows with the windows' columns.
    /// <code>y[n, m, o] = bias[m] + Σ weight[m, c, k] x[n, c, o · stride + k · dilation − padding]</code>
    /// </summary>
    public Tensor Conv(Tensor weight, Tensor? bias = null, PerAxis stride = default, WindowPadding padding = default,
        PerAxis dilation = default, int groups = 1, PadMode mode = PadMode.Constant)
    {
        int axes = CheckConv(weight, bias, groups, transposed: false, "Conv");
        if (Rank == axes + 1) return Unsqueeze(0).Conv(weight, bias, stride, padding, dilation, groups, mode).Squeeze(0);

        var windows = Windows(this, weight, stride, padding, dilation);
        if (mode != PadMode.Constant)
        {
            var padded = this;
            for (int i = 0; i < axes; i++) padded = padded.Pad(i + 2, windows[i].Before, windows[i].After, mode);
            return padded.Conv(weight, bias, stride, 0, dilation, groups);
        }
        return Device is CpuDevice && weight.Count > 0
            ? Convolve(this, weight, bias, new(windows, Shape[0], groups, Shape[1], weight.Shape[0]))
            : ComposedConv(this, weight, bias, windows, groups);
    }

    /// <summary>
    /// The transpose of <see cref="Conv"/> in x, which takes the shape of its result back to that of its input: x (n, in, …) or (in, …),
    /// weight (in, out/groups, k₁, …, k_d), bias (out) → (n, out, o₁, …, o_d),
    /// oᵢ = (nᵢ − 1) stride + dilation (kᵢ − 1) + 1 − padding + extra.
    /// <code>y[n, m, j] = bias[m] + Σ weight[c, m, k] x[n, c, o] over o · stride + k · dilation − padding = j</code>
    /// </summary>
    /// <param name="weight">The kernels.</param>
    /// <param name="bias">Added to each channel of the result.</param>
    /// <param name="stride">How far apart the numbers of x come to lie; 1 unless given.</param>
    /// <param name="padding">What is cut off at the ends: the padding of the convolution that it is the transpose of.</param>
    /// <param name="extra">How much longer than that an axis is, as strides leave open where it ends (PyTorch's output_padding).</param>
    /// <param name="dilation">How far apart the numbers of a kernel are; 1 unless given.</param>
    /// <param name="groups">Into how many convolutions the channels are split.</param>
    public Tensor ConvTranspose(Tensor weight, Tensor? bias = null, PerAxis stride = default, WindowPadding padding = default,
        PerAxis extra = default, PerAxis dilation = default, int groups = 1)
    {
        int axes = CheckConv(weight, bias, groups, transposed: true, "ConvTranspose");
        if (Rank == axes + 1) return Unsqueeze(0).ConvTranspose(weight, bias, stride, padding, extra, dilation, groups).Squeeze(0);

        int[] kernel = weight.Shape.Sizes[2..].ToArray(), counts = Shape.Sizes[2..].ToArray();
        var windows = WindowAxis.Under(counts, kernel, stride, padding, extra, dilation, "ConvTranspose");
        return Device is CpuDevice && weight.Count > 0
            ? Transpose(this, weight, new(windows, Shape[0], groups, groups * weight.Shape[1], Shape[1])).PlusChannels(bias)
            : ComposedConvTranspose(this, weight, bias, windows, groups);
    }

    // The three products of a convolution: each is the others' derivative.
    static Tensor Convolve(Tensor x, Tensor weight, Tensor? bias, ConvPlan plan)
    {
        var y = ((CpuDevice)x.Device).Conv(x, weight, bias, plan);
        (Tensor, Func<Tensor, Tensor?>) toX = (x, dy => Transpose(dy, weight, plan)), toWeight = (weight, dy => ConvWeights(x, dy, plan));
        if (bias is null) return Record(y, [toX, toWeight], "Conv");
        var channels = bias.OverChannels(y.Rank).Shape;
        return Record(y, [toX, toWeight, (bias, dy => dy.SumTo(channels).Reshape(channels.Count))], "Conv");
    }

    static Tensor Transpose(Tensor y, Tensor weight, ConvPlan plan) => Record(((CpuDevice)y.Device).ConvTranspose(y, weight, plan),
        [(y, dx => Convolve(dx, weight, null, plan)), (weight, dx => ConvWeights(dx, y, plan))], "ConvTranspose");

    static Tensor ConvWeights(Tensor x, Tensor y, ConvPlan plan) => Record(((CpuDevice)x.Device).ConvWeights(x, y, plan),
        [(x, dw => Transpose(y, dw, plan)), (y, dw => Convolve(x, dw, null, plan))]);

    static Tensor ComposedConv(Tensor x, Tensor weight, Tensor? bias, WindowAxis[] windows, int groups)
    {
        int[] counts = WindowAxis.Counts(windows);
        int batch = x.Shape[0], outputs = weight.Shape[0], each = weight.Shape[1..].Count;
        var columns = x.Windows(windows).Reshape(batch, groups, each, Shape.Create(counts).Count);                  // (n, g, in/g · k, o)
        var y = weight.Reshape(groups, outputs / groups, each).MatMul(columns);                                     // (n, g, out/g, o)
        return y.Reshape([batch, outputs, .. counts]).PlusChannels(bias);
    }

    static Tensor ComposedConvTranspose(Tensor x, Tensor weight, Tensor? bias, WindowAxis[] windows, int groups)
    {
        int batch = x.Shape[0], inputs = x.Shape[1], outputs = groups * weight.Shape[1];
        int each = weight.Shape[1..].Count, places = x.Shape[2..].Count;
        // (n, g, out/g · k, o)
        var columns = weight.Reshape(groups, inputs / groups, each).Transpose().MatMul(x.Reshape(batch, groups, inputs / groups, places));
        return columns.Reshape([batch, outputs, .. WindowAxis.Kernels(windows), .. WindowAxis.Counts(windows)])
            .OverlapAdd(windows).PlusChannels(bias);
    }

    // How many axes the kernel has. Throws where the weight or the bias do not fit.
    int CheckConv(Tensor weight, Tensor? bias, int groups, bool transposed, string op)
    {
        CheckFloat(op);
        CheckPair(this, weight, op);
        int axes = weight.Rank - 2;
        string wanted = transposed ? "(in, out/groups, kernel)" : "(out, in/groups, kernel)";
        if (axes < 1 || Rank != axes + 1 && Rank != axes + 2)
            throw new ArgumentException($"{op}: {Shape} and the weight {weight.Shape}: the weight must be {wanted}, "
                + "x (n, in, …) or (in, …) with as many axes as the kernel");
        int inputs = Shape[Rank - axes - 1], first = weight.Shape[0], outputs = transposed ? groups * weight.Shape[1] : first;
        if (groups < 1 || first % groups != 0 || inputs != (transposed ? first : groups * weight.Shape[1]))
            throw new ArgumentException($"{op}: {Shape}, of {inputs} channels, does not fit the weight {weight.Shape} in {groups} groups: "
                + $"it must be {wanted}, and the groups divide in and out");
        if (bias is null) return axes;
        CheckPair(this, bias, op);
        return bias.Rank == 1 && bias.Count == outputs ? axes
            : throw new ArgumentException($"{op}: the bias {bias.Shape} does not fit the weight {weight.Shape}: it must be ({outputs})");
    }

    // (n, channels, …) plus a number for each channel
    Tensor PlusChannels(Tensor? bias) => bias is null ? this : this + bias.OverChannels(Rank);

    // (channels) as it stretches over (n, channels, …)
    Tensor OverChannels(int rank)
    {
        Span<int> sizes = stackalloc int[rank - 1];
        sizes.Fill(1);
        sizes[0] = Count;
        return Reshape(sizes);
    }

    static Case[] ConvCases =>
    [
        Case.Of((x, w, b) => x.Conv(w, b, padding: 1), [2, 3, 5, 4], [2, 3, 3, 3], [2]) with
        {
            Twin = t => ComposedConv(t[0], t[1], t[2], Windows(t[0], t[1], stride: default, 1), 1),
            Bench = [[16, 32, 28, 28], [64, 32, 3, 3], [64]],
        },
        // a row longer than a register
        Case.Of((x, w) => x.Conv(w, stride: 2, padding: 2, dilation: 2, groups: 3), [2, 3, 9, 18], [3, 1, 2, 3]) with
        {
            Twin = t => ComposedConv(t[0], t[1], null, Windows(t[0], t[1], 2, 2, 2), 3), Bench = [[16, 48, 28, 28], [48, 16, 3, 3]],
        },
        Case.Of((x, w) => x.Conv(w, null, [2, 1], WindowPadding.Between([1, 0], [0, 2]), [1, 2]), [2, 2, 6, 5], [3, 2, 2, 3]),
        Case.Of((x, w, b) => x.Conv(w, b, groups: 2, padding: WindowPadding.Same, stride: 2), [2, 4, 7], [6, 2, 3], [6]),
        Case.Of((x, w) => x.Conv(w), [1, 2, 3, 4, 3], [2, 2, 2, 2, 2]),
        Case.Of((x, w) => x.Conv(w, groups: 3), [3, 4], [3, 1, 2]) with
        {
            Timed = Case.Of((x, w) => x.Conv(w, groups: 64, padding: 1), [16, 64, 28, 28], [64, 1, 3, 3]),
        },
        Case.Of((x, w) => x.Conv(w, padding: [1, 2], mode: PadMode.Circular), [1, 2, 3, 3], [2, 2, 2, 3]),
        Case.Of((x, w, b) => x.ConvTranspose(w, b), [2, 3, 3, 4], [3, 2, 3, 2], [2]) with
        {
            Bench = [[16, 64, 14, 14], [64, 32, 3, 3], [32]],
        },
        Case.Of((x, w) => x.ConvTranspose(w, stride: 2, padding: 1, extra: [1, 0], dilation: [1, 2]), [1, 2, 3, 3], [2, 2, 3, 2]),
        Case.Of((x, w) => x.ConvTranspose(w, groups: 2, stride: 3), [2, 4, 3], [4, 2, 2]),
        Case.Of((x, w) => x.ConvTranspose(w, padding: WindowPadding.SameLower), [2, 2, 3, 2], [2, 1, 2, 2]),
    ];

    static WindowAxis[] Windows(Tensor x, Tensor weight, PerAxis stride, WindowPadding padding, PerAxis dilation = default) =>
        WindowAxis.On(x.Shape, weight.Shape.Sizes[2..], stride, padding, dilation, ceil: false, "Conv");
}
