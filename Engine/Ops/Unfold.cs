namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// The windows of an image as the columns of a matrix (im2col): x (n, c, …) or (c, …) with as many axes behind as the kernel has sizes
    /// →
    /// (n, c k, o), k the numbers of a window and o the windows, in row-major order. Padding is zeros. <see cref="Fold"/> is its transpose.
    /// </summary>
    public Tensor Unfold(ReadOnlySpan<int> kernel, PerAxis stride = default, WindowPadding padding = default, PerAxis dilation = default)
    {
        int axes = kernel.Length;
        if (Rank != axes + 1 && Rank != axes + 2)
            throw new ArgumentException($"Unfold: {Shape} is not (n, c, …) or (c, …) with {axes} axes behind");
        var windows = WindowAxis.On(Shape, kernel, stride, padding, dilation, ceil: false, "Unfold");
        var columns = Windows(windows);
        return columns.Reshape([.. Shape.Sizes[..^(axes + 1)], columns.Shape[^(2 * axes + 1)..^axes].Count, columns.Shape[^axes..].Count]);
    }

    /// <summary>
    /// The columns of a matrix added up where they lie in an image (col2im): x (n, c k, o) or (c k, o) → (n, c, sizes). It is the transpose
    /// of <see cref="Unfold(ReadOnlySpan{int}, PerAxis, WindowPadding, PerAxis)"/>, so numbers on which several windows lie are sums.
    /// </summary>
    public Tensor Fold(ReadOnlySpan<int> sizes, ReadOnlySpan<int> kernel, PerAxis stride = default, WindowPadding padding = default,
        PerAxis dilation = default)
    {
        if (kernel.Length != sizes.Length)
            throw new ArgumentException($"Fold: a window of {kernel.Length} axes does not fit an image of {sizes.Length}");
        var windows = WindowAxis.On(Shape.Create(sizes), kernel, stride, padding, dilation, ceil: false, "Fold");
        int[] counts = WindowAxis.Counts(windows);
        int each = Shape.Create(kernel).Count, count = Shape.Create(counts).Count;
        if (Rank is < 2 or > 3 || Shape[^2] % each != 0 || Shape[^1] != count)
            throw new ArgumentException($"Fold: {Shape} does not fit {count} windows of {each} numbers: "
                + $"it must be (n, c · {each}, {count}) or (c · {each}, {count})");
        return Reshape([.. Shape.Sizes[..^2], Shape[^2] / each, .. kernel, .. counts]).OverlapAdd(windows);
    }

    static Case[] UnfoldCases =>
    [
        Case.Of(x => x.Unfold([2, 3], padding: 1), [2, 2, 3, 4]) with { Bench = [[16, 64, 28, 28]] },
        Case.Of(x => x.Unfold([3], 2, WindowPadding.Between(2, 0)), [2, 6]),
        Case.Of(x => x.Fold([4, 5], [2, 3], [2, 1], [0, 1]), [2, 6, 10]) with { Bench = [[16, 6, 10]] },
        Case.Of(x => x.Fold([3, 2, 2], [2, 1, 2], dilation: [2, 1, 1], padding: [1, 0, 0]), [4, 6]),
    ];
}
