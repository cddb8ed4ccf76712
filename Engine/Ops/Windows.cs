using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// All windows on the last axes: (…, n₁, …, n_d) → (…, k₁, …, k_d, o₁, …, o_d), with oᵢ = ⌊(nᵢ − dilation (kᵢ − 1) − 1)/stride⌋ + 1.
    /// A view. A convolution is a matrix product with it, pooling a reduction over its k axes;
    /// <see cref="OverlapAdd(ReadOnlySpan{int}, PerAxis, PerAxis)"/> is its transpose.
    /// <code>y[…, k, o] = x[…, o · stride + k · dilation]</code>
    /// </summary>
    /// <param name="kernel">k₁, …, k_d: the sizes of a window.</param>
    /// <param name="stride">How far apart windows begin; 1 unless given.</param>
    /// <param name="dilation">How far apart the numbers of a window are; 1 unless given.</param>
    public Tensor Windows(ReadOnlySpan<int> kernel, PerAxis stride = default, PerAxis dilation = default) =>
        Windows(WindowAxis.On(Shape, kernel, stride, default, dilation, ceil: false, "Windows"));

    /// <summary>
    /// The numbers of windows added up where they lie, 0 where none does: (…, k₁, …, k_d, o₁, …, o_d) → (…, n₁, …, n_d). The transpose of
    /// <see cref="Windows(ReadOnlySpan{int}, PerAxis, PerAxis)"/>.
    /// <code>y[…, j] = Σ x[…, k, o] over o · stride + k · dilation = j</code>
    /// </summary>
    /// <param name="sizes">n₁, …, n_d.</param>
    /// <param name="stride">How far apart windows begin; 1 unless given.</param>
    /// <param name="dilation">How far apart the numbers of a window are; 1 unless given.</param>
    public Tensor OverlapAdd(ReadOnlySpan<int> sizes, PerAxis stride = default, PerAxis dilation = default)
    {
        int axes = sizes.Length, lead = Rank - 2 * axes;
        if (axes == 0 || lead < 0)
            throw new ArgumentException($"OverlapAdd: {Shape} are no windows on {axes} axes: {axes} sizes and {axes} counts at the end");
        int[] steps = stride.For(axes, 1, "stride", "OverlapAdd"), apart = dilation.For(axes, 1, "dilation", "OverlapAdd");
        var windows = new WindowAxis[axes];
        for (int i = 0; i < axes; i++)
        {
            windows[i] = new(sizes[i], Shape[lead + i], steps[i], apart[i], 0, 0, Shape[lead + axes + i]);
            if (windows[i].Reached > 0 && Count > 0)
                throw new ArgumentException($"OverlapAdd: {windows[i].Count} windows of {windows[i].Kernel} with stride {steps[i]} "
                    + $"and dilation {apart[i]} reach over an axis of {sizes[i]} numbers");
        }
        return OverlapAdd(windows);
    }

    // A view of this, or of a copy with zeros at the ends where windows reach over them.
    Tensor Windows(WindowAxis[] windows)
    {
        int axes = windows.Length, lead = Rank - axes;
        var x = Padded(windows);
        var own = x.Strides;
        int[] sizes = [.. Shape.Sizes[..lead], .. WindowAxis.Kernels(windows), .. WindowAxis.Counts(windows)],
            steps = [.. own, .. own[lead..]];
        for (int i = 0; i < axes; i++)
        {
            steps[lead + i] *= windows[i].Dilation;
            steps[lead + axes + i] *= windows[i].Stride;
        }
        return Record(x.View(Shape.Create(sizes), steps, x.Offset), [(this, dy => dy.OverlapAdd(windows))]);
    }

    // Unrecorded.
    Tensor Padded(WindowAxis[] windows)
    {
        int lead = Rank - windows.Length;
        int[] sizes = Shape.Sizes.ToArray();
        for (int i = 0; i < windows.Length; i++) sizes[lead + i] += windows[i].Before + windows[i].Reached;
        var shape = Shape.Create(sizes);
        if (shape == Shape) return Detach();
        var y = Zeros(shape, DType, Device);
        int offset = 0;
        for (int i = 0; i < windows.Length; i++) offset += windows[i].Before * y.Strides[lead + i];
        Device.Copy(this, y.View(Shape, y.Strides.ToArray(), offset));
        return y;
    }

    Tensor OverlapAdd(WindowAxis[] windows)
    {
        CheckFloat("OverlapAdd");
        int axes = windows.Length, lead = Rank - 2 * axes;
        var y = Detach().Contiguous();
        int[] left = Shape.Sizes[..(Rank - axes)].ToArray(), counts = Shape.Sizes[(Rank - axes)..].ToArray();
        for (int i = axes - 1, inner = 1; i >= 0; inner *= windows[i].Size, i--)        // one axis after the other, from the last on
        {
            var w = windows[i];
            counts[i] = w.Size;
            Shape shape = [.. left[..(lead + i)], .. counts];                           // (…, k₁, …, kᵢ₋₁, o₁, …, oᵢ₋₁, nᵢ, …, n_d)
            var sums = Empty(shape, DType, Device);
            int middle = Shape.Create(counts.AsSpan(..i)).Count;
            Device.OverlapAdd(y, sums, new(w.Kernel, middle, w.Count, inner, w.Size, w.Stride, w.Dilation, w.Before));
            y = sums;
        }
        return Record(y, [(this, dy => dy.Windows(windows))]);
    }

    static Case[] WindowsCases =>
    [
        Case.Of(x => x.Windows([3]), [2, 7]),
        Case.Of(x => x.Windows([2, 3], stride: [3, 2], dilation: [2, 1]), [2, 7, 6]),
        Case.Of(x => x.Windows([2, 1, 2], stride: 2), [4, 3, 5]),
        Case.Of(x => x.OverlapAdd([9]), [2, 3, 7]),
        Case.Of(x => x.OverlapAdd([8, 6], stride: [3, 2], dilation: [2, 1]), [2, 2, 3, 2, 2]),
        Case.Of(x => x.OverlapAdd([4, 5, 4]), [2, 2, 2, 3, 4, 3]),
    ];
}
