namespace NanoAttention;

/// <summary>
/// A trained kernel over the last axes: the common part of convolutions and their transposes. Weight and bias start uniform within
/// ±1/√f, where f is how many numbers weight[0] has. One example may come without its batch axis n.
/// </summary>
public abstract class ConvLayer : Layer
{
    private protected ConvLayer(int first, int second, int groups, int[] kernel, int? bias)
    {
        if (groups < 1 || first % groups != 0 || second % groups != 0)
            throw new ArgumentException($"{GetType().Name}: {groups} groups do not divide the channels {first} and {second}");
        Groups = groups;
        Shape shape = [first, second / groups, .. kernel];
        Weight = Initialise.UniformFan(Initialise.Parameter(shape), shape[1..].Count);
        Bias = bias is { } channels ? Initialise.UniformFan(Initialise.Parameter([channels]), shape[1..].Count) : null;
    }

    private protected int Groups { get; }

    /// <summary>(out, in/groups, kernel), of a transpose (in, out/groups, kernel)</summary>
    public Tensor Weight { get; }

    /// <summary>(out)</summary>
    public Tensor? Bias { get; }
}

/// <summary>A convolution (<see cref="Tensor.Conv"/>) over one axis. Shapes: x (n, in, t) → (n, out, o).</summary>
public sealed class Conv1d(int inputs, int outputs, PerAxis kernel, PerAxis stride = default, WindowPadding padding = default,
    PerAxis dilation = default, int groups = 1, bool bias = true, PadMode mode = PadMode.Constant)
    : ConvLayer(outputs, inputs, groups, kernel.Sizes(1), bias ? outputs : null)
{
    public override Tensor Forward(Tensor x) => x.Conv(Weight, Bias, stride, padding, dilation, Groups, mode);

    internal static Case[] Cases =>
    [
        Case.Of(() => new Conv1d(2, 3, 3), (conv, x) => conv.Forward(x[0]), [[2, 2, 6]]),
        Case.Of(() => new Conv1d(4, 2, 2, 1, WindowPadding.Between(1, 0), groups: 2, bias: false), (conv, x) => conv.Forward(x[0]), [[2, 4, 5]]),
    ];
}

/// <summary>A convolution (<see cref="Tensor.Conv"/>) over two axes. Shapes: x (n, in, h, w) → (n, out, o₁, o₂).</summary>
public sealed class Conv2d(int inputs, int outputs, PerAxis kernel, PerAxis stride = default, WindowPadding padding = default,
    PerAxis dilation = default, int groups = 1, bool bias = true, PadMode mode = PadMode.Constant)
    : ConvLayer(outputs, inputs, groups, kernel.Sizes(2), bias ? outputs : null)
{
    public override Tensor Forward(Tensor x) => x.Conv(Weight, Bias, stride, padding, dilation, Groups, mode);

    internal static Case[] Cases =>
    [
        Case.Of(() => new Conv2d(2, 3, [3, 2], stride: 2, padding: 1), (conv, x) => conv.Forward(x[0]), [[2, 2, 5, 4]]),
    ];
}

/// <summary>A convolution (<see cref="Tensor.Conv"/>) over three axes. Shapes: x (n, in, d, h, w) → (n, out, o₁, o₂, o₃).</summary>
public sealed class Conv3d(int inputs, int outputs, PerAxis kernel, PerAxis stride = default, WindowPadding padding = default,
    PerAxis dilation = default, int groups = 1, bool bias = true, PadMode mode = PadMode.Constant)
    : ConvLayer(outputs, inputs, groups, kernel.Sizes(3), bias ? outputs : null)
{
    public override Tensor Forward(Tensor x) => x.Conv(Weight, Bias, stride, padding, dilation, Groups, mode);

    internal static Case[] Cases =>
    [
        Case.Of(() => new Conv3d(2, 2, 2, padding: [0, 1, 0], mode: PadMode.Reflect), (conv, x) => conv.Forward(x[0]), [[1, 2, 3, 2, 3]]),
    ];
}

/// <summary>The transpose of a convolution (<see cref="Tensor.ConvTranspose"/>) over one axis. Shapes: x (n, in, t) → (n, out, o).</summary>
public sealed class ConvTranspose1d(
    int inputs, int outputs, PerAxis kernel, PerAxis stride = default, WindowPadding padding = default, PerAxis extra = default,
    int groups = 1, bool bias = true, PerAxis dilation = default)
    : ConvLayer(inputs, outputs, groups, kernel.Sizes(1), bias ? outputs : null)
{
    public override Tensor Forward(Tensor x) => x.ConvTranspose(Weight, Bias, stride, padding, extra, dilation, Groups);

    internal static Case[] Cases =>
    [
        Case.Of(() => new ConvTranspose1d(3, 2, 3, stride: 2, padding: 1, extra: 1), (conv, x) => conv.Forward(x[0]), [[2, 3, 4]]),
    ];
}

/// <summary>The transpose of a convolution (<see cref="Tensor.ConvTranspose"/>) over two axes. Shapes: x (n, in, h, w) → (n, out, o₁, o₂).</summary>
public sealed class ConvTranspose2d(
    int inputs, int outputs, PerAxis kernel, PerAxis stride = default, WindowPadding padding = default, PerAxis extra = default,
    int groups = 1, bool bias = true, PerAxis dilation = default)
    : ConvLayer(inputs, outputs, groups, kernel.Sizes(2), bias ? outputs : null)
{
    public override Tensor Forward(Tensor x) => x.ConvTranspose(Weight, Bias, stride, padding, extra, dilation, Groups);

    internal static Case[] Cases =>
    [
        Case.Of(() => new ConvTranspose2d(2, 4, 2, stride: [2, 1], groups: 2), (conv, x) => conv.Forward(x[0]), [[2, 2, 3, 2]]),
    ];
}

/// <summary>The transpose of a convolution (<see cref="Tensor.ConvTranspose"/>) over three axes. Shapes: x (n, in, d, h, w) → (n, out, o₁, o₂, o₃).</summary>
public sealed class ConvTranspose3d(
    int inputs, int outputs, PerAxis kernel, PerAxis stride = default, WindowPadding padding = default, PerAxis extra = default,
    int groups = 1, bool bias = true, PerAxis dilation = default)
    : ConvLayer(inputs, outputs, groups, kernel.Sizes(3), bias ? outputs : null)
{
    public override Tensor Forward(Tensor x) => x.ConvTranspose(Weight, Bias, stride, padding, extra, dilation, Groups);

    internal static Case[] Cases =>
    [
        Case.Of(() => new ConvTranspose3d(2, 1, 2, stride: 2), (conv, x) => conv.Forward(x[0]), [[1, 2, 2, 1, 2]]),
    ];
}
