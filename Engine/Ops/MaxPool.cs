using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// The largest number of every window on the last axes, as many as the kernel has sizes; NaN if any is:
    /// (…, n₁, …, n_d) → (…, o₁, …, o_d). Padding is never the largest. Of equal numbers the first takes the gradient.
    /// </summary>
    /// <param name="kernel">k₁, …, k_d: the sizes of a window.</param>
    /// <param name="stride">How far apart windows begin; the kernel unless given: side by side.</param>
    /// <param name="padding">How far windows reach over the ends.</param>
    /// <param name="dilation">How far apart the numbers of a window are; 1 unless given.</param>
    /// <param name="ceil">A last window that the padded axis does not fill counts too.</param>
    public Tensor MaxPool(ReadOnlySpan<int> kernel, PerAxis stride = default, WindowPadding padding = default, PerAxis dilation = default,
        bool ceil = false) =>
        MaxPoolWithIndices(kernel, stride, padding, dilation, ceil).Values;

    /// <summary>As <see cref="MaxPool"/>, and where the numbers are: I32, counted in row-major order over the pooled axes.</summary>
    public (Tensor Values, Tensor Indices) MaxPoolWithIndices(ReadOnlySpan<int> kernel, PerAxis stride = default,
        WindowPadding padding = default, PerAxis dilation = default, bool ceil = false) =>
        Largest(Array.ConvertAll(WindowAxis.On(Shape, kernel, stride.Or(kernel), padding, dilation, ceil, "MaxPool"), w => w.Places()),
            "MaxPool");

    /// <summary>The largest numbers of the windows of <see cref="AdaptiveAvgPool"/>: (…, n₁, …, n_d) → (…, o₁, …, o_d); sizes of 1 pool
    /// globally.</summary>
    public Tensor AdaptiveMaxPool(params ReadOnlySpan<int> sizes) => AdaptiveMaxPoolWithIndices(sizes).Values;

    /// <summary>As <see cref="AdaptiveMaxPool"/>, and where the numbers are: I32, counted in row-major order over the pooled
    /// axes.</summary>
    public (Tensor Values, Tensor Indices) AdaptiveMaxPoolWithIndices(params ReadOnlySpan<int> sizes) =>
        Largest(Adaptive(sizes, "AdaptiveMaxPool"), "AdaptiveMaxPool");

    /// <summary>
    /// Numbers put where <see cref="MaxPoolWithIndices"/> found them, among zeros: (…, o₁, …, o_d) → (…, n₁, …, n_d). Of several for one
    /// place the last stays.
    /// </summary>
    public Tensor MaxUnpool(Tensor indices, params ReadOnlySpan<int> sizes)
    {
        if (indices.Shape != Shape || sizes.Length == 0 || sizes.Length > Rank)
            throw new ArgumentException($"MaxUnpool: {Shape} with indices {indices.Shape} to {sizes.Length} axes: "
                + "the shapes must be the same, with at least as many axes");
        Shape lead = Shape[..^sizes.Length], whole = [.. lead.Sizes, .. sizes];
        int n = Shape.Create(sizes).Count, count = Shape[^sizes.Length..].Count;
        return Zeros(whole, DType, Device).Reshape(lead.Count, n).Scatter(1, indices.Reshape(lead.Count, count), Reshape(lead.Count, count))
            .Reshape(whole.Sizes);
    }

    // The windows are all combinations of windows on each of the last axes, lists of places there.
    (Tensor, Tensor) Largest(int[][][] axes, string op)
    {
        CheckFloat(op);
        Shape lead = Shape[..^axes.Length], pooled = Shape[^axes.Length..],
            counts = Shape.Create(Array.ConvertAll(axes, windows => windows.Length));
        var (windows, most) = Product(axes, pooled, op);
        var x = Reshape(lead.Count, pooled.Count).Contiguous();
        var at = Empty([lead.Count, counts.Count], DType.I32, Device, op);
        var y = Empty(at.Shape, DType, Device, op);
        Device.MaxPool(x, From(windows, [counts.Count, most], Device), y, at);
        Record(y, [(x, dy => Recording || Device is not CpuDevice cpu ? ComposedMaxPoolBackward(dy, at, x.Shape) : MaxPoolBackward(cpu, dy, at, x.Shape))], op);
        Shape shape = [.. lead.Sizes, .. counts.Sizes];
        return (y.Reshape(shape.Sizes), at.Reshape(shape.Sizes));

        static Tensor MaxPoolBackward(CpuDevice cpu, Tensor dy, Tensor at, Shape shape)
        {
            var dx = Empty(shape, dy.DType, cpu, "MaxPool");
            cpu.MaxPoolBackward(dy.Contiguous(), at, dx);
            return dx;
        }

        // numbers put where the largest are, among zeros: linear in dy
        static Tensor ComposedMaxPoolBackward(Tensor dy, Tensor at, Shape shape) =>
            Zeros(shape, dy.DType, dy.Device).Scatter(1, at, dy, ScatterReduction.Sum);
    }

    // The places of each window in row-major order over all axes, and how many the longest has; −1 where a window has fewer.
    static (int[] Windows, int Most) Product(int[][][] axes, Shape sizes, string op)
    {
        int[] windows = [0];
        int count = 1, most = 1;
        for (int axis = 0; axis < axes.Length; axis++)
        {
            int[][] next = axes[axis];
            int longest = 1;
            foreach (int[] places in next)
                longest = places.Length > 0 ? Math.Max(longest, places.Length)
                    : throw new ArgumentException($"{op}: a window on {sizes} lies in the padding alone");
            var all = new int[checked(count * next.Length * most * longest)];
            Array.Fill(all, -1);
            for (int o = 0; o < count * next.Length; o++)
                for (int k = 0; k < most; k++)
                {
                    int[] places = next[o % next.Length];
                    int before = windows[o / next.Length * most + k];
                    for (int i = 0; before >= 0 && i < places.Length; i++)
                        all[(o * most + k) * longest + i] = before * sizes[axis] + places[i];
                }
            (windows, count, most) = (all, count * next.Length, most * longest);
        }
        return (windows, most);
    }

    static Case[] MaxPoolCases =>
    [
        Case.Of(x => x.MaxPool([2, 2]), [2, 4, 5]) with { Bench = [[16, 64, 56, 56]] },
        Case.Of(x => x.MaxPool([3, 2], stride: [2, 1], padding: 1), [2, 5, 4]),
        Case.Of(x => x.MaxPool([3], 2, padding: 1, ceil: true), [2, 6]),
        Case.Of(x => x.MaxPool([2, 2, 2], 1, dilation: [1, 2, 1]), [3, 4, 5]),
        Case.Of(x => x.MaxPoolWithIndices([3, 3], 2, WindowPadding.SameLower).Values, [5, 6]),
        Case.Of(x => x.AdaptiveMaxPool(2, 3), [2, 5, 7]),
        Case.Of(x => x.AdaptiveMaxPoolWithIndices(1, 4).Values, [2, 4, 3]),
        Case.Of(x => { var (y, i) = x.MaxPoolWithIndices([2]); return (y * y).MaxUnpool(i, 7); }, [2, 7]),
    ];
}
