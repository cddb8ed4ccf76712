namespace NanoAttention;

/// <summary>The largest number of every window: <see cref="Tensor.MaxPool"/>, over as many axes as the kernel has sizes.</summary>
public sealed class MaxPool(int[] kernel, PerAxis stride = default, WindowPadding padding = default, PerAxis dilation = default,
    bool ceil = false) : Layer
{
    public override Tensor Forward(Tensor x) => x.MaxPool(kernel, stride, padding, dilation, ceil);

    internal static Case[] Cases => [Case.Of(() => new MaxPool([2, 2]), (pool, x) => pool.Forward(x[0]), [[1, 2, 4, 5]])];
}

/// <summary>The mean of every window: <see cref="Tensor.AvgPool"/>, over as many axes as the kernel has sizes.</summary>
public sealed class AvgPool(int[] kernel, PerAxis stride = default, WindowPadding padding = default, bool ceil = false,
    bool countPadding = true) : Layer
{
    public override Tensor Forward(Tensor x) => x.AvgPool(kernel, stride, padding, ceil: ceil, countPadding: countPadding);

    internal static Case[] Cases => [Case.Of(() => new AvgPool([3], 2, 1), (pool, x) => pool.Forward(x[0]), [[2, 2, 5]])];
}

/// <summary>The largest numbers of so many windows: <see cref="Tensor.AdaptiveMaxPool"/>.</summary>
public sealed class AdaptiveMaxPool(params int[] sizes) : Layer
{
    public override Tensor Forward(Tensor x) => x.AdaptiveMaxPool(sizes);

    internal static Case[] Cases => [Case.Of(() => new AdaptiveMaxPool(2, 1), (pool, x) => pool.Forward(x[0]), [[2, 3, 5]])];
}

/// <summary>The means of so many windows: <see cref="Tensor.AdaptiveAvgPool"/>.</summary>
public sealed class AdaptiveAvgPool(params int[] sizes) : Layer
{
    public override Tensor Forward(Tensor x) => x.AdaptiveAvgPool(sizes);

    internal static Case[] Cases => [Case.Of(() => new AdaptiveAvgPool(1, 1), (pool, x) => pool.Forward(x[0]), [[2, 3, 5]])];
}
