namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// The mean of every window on the last axes, as many as the kernel has sizes: (…, n₁, …, n_d) → (…, o₁, …, o_d). Padding is zeros,
    /// which count, or only lengthen the axes; what a window of <c>ceil</c> has beyond the padding never counts.
    /// </summary>
    /// <param name="kernel">k₁, …, k_d: the sizes of a window.</param>
    /// <param name="stride">How far apart windows begin; the kernel unless given: side by side.</param>
    /// <param name="padding">How far windows reach over the ends.</param>
    /// <param name="dilation">How far apart the numbers of a window are; 1 unless given.</param>
    /// <param name="ceil">A last window that the padded axis does not fill counts too.</param>
    /// <param name="countPadding">Padding counts among the numbers of a window.</param>
    /// <param name="divisor">What sums are divided by, in place of how many numbers there are.</param>
    public Tensor AvgPool(ReadOnlySpan<int> kernel, PerAxis stride = default, WindowPadding padding = default, PerAxis dilation = default,
        bool ceil = false, bool countPadding = true, double? divisor = null)
    {
        CheckFloat("AvgPool");
        stride = stride.Or(kernel);
        var windows = WindowAxis.On(Shape, kernel, stride, padding, dilation, ceil, "AvgPool");
        var summed = new int[kernel.Length];
        for (int i = 0; i < summed.Length; i++) summed[i] = Rank - summed.Length + i;

        var sums = Windows(windows).Sum(summed);
        if (divisor is { } d) return sums / d;
        var counts = Ones([], DType, Device);
        foreach (var w in windows) counts = counts.Unsqueeze(-1) * Of(w.Counts(countPadding), [w.Count], DType, Device);
        return sums / counts;
    }

    /// <summary>
    /// (k mean xᵖ)^(1/p) over every window of k numbers, the p-norm where x ≥ 0 (Gulcehre et al. 2014). Arguments as those of
    /// <see cref="AvgPool"/>.
    /// </summary>
    public Tensor LpPool(double p, ReadOnlySpan<int> kernel, PerAxis stride = default, WindowPadding padding = default,
        PerAxis dilation = default, bool ceil = false) =>
        (Pow(p).AvgPool(kernel, stride, padding, dilation, ceil) * Shape.Create(kernel).Count).Pow(1 / p);

    /// <summary>
    /// Means over windows that lie side by side, or overlap where they must, so that the last axes get the given sizes: window i of o on
    /// n numbers is those from ⌊i n/o⌋ to ⌈(i + 1) n/o⌉. (…, n₁, …, n_d) → (…, o₁, …, o_d); sizes of 1 pool globally.
    /// </summary>
    public Tensor AdaptiveAvgPool(params ReadOnlySpan<int> sizes)
    {
        CheckFloat("AdaptiveAvgPool");
        var axes = Adaptive(sizes, "AdaptiveAvgPool");
        if (Count > 0 && SideBySide(sizes) is { } parts) return parts;
        var y = this;
        for (int i = 0; i < axes.Length; i++)
        {
            int[][] windows = axes[i];
            var weights = new double[windows.Length][];
            for (int o = 0; o < weights.Length; o++)
            {
                weights[o] = new double[windows[o].Length];
                Array.Fill(weights[o], 1.0 / windows[o].Length);
            }
            y = y.Resample(Rank - axes.Length + i, windows, weights);
        }
        return y;
    }

    // Where every size divides its axis, windows are axes of their own: (…, o₁, n₁/o₁, …, o_d, n_d/o_d), and the means along these.
    Tensor? SideBySide(ReadOnlySpan<int> sizes)
    {
        int lead = Rank - sizes.Length;
        var split = new List<int>(Shape.Sizes[..lead].ToArray());
        var means = new int[sizes.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] == 0 || Shape[lead + i] % sizes[i] != 0) return null;
            split.AddRange([sizes[i], Shape[lead + i] / sizes[i]]);
            means[i] = lead + 2 * i + 1;
        }
        return Reshape([.. split]).Mean(means);
    }

    // for each of the last axes, the places of each of its windows
    int[][][] Adaptive(ReadOnlySpan<int> sizes, string op)
    {
        if (sizes.Length == 0 || sizes.Length > Rank)
            throw new ArgumentException($"{op}: {Shape} has no {sizes.Length} last axes to give sizes to");
        var all = new int[sizes.Length][][];
        for (int i = 0; i < sizes.Length; i++)
        {
            int axis = Rank - sizes.Length + i, n = Shape[axis], count = sizes[i];
            if (count < 0 || n == 0 && count > 0)
                throw new ArgumentException($"{op}: axis {axis} of {Shape} cannot be pooled to {count} numbers");
            var windows = new int[count][];
            for (int o = 0; o < count; o++)
            {
                int start = (int)((long)o * n / count), end = (int)(((long)(o + 1) * n + count - 1) / count);
                windows[o] = new int[end - start];
                for (int k = 0; k < windows[o].Length; k++) windows[o][k] = start + k;
            }
            all[i] = windows;
        }
        return all;
    }

    static Case[] AvgPoolCases =>
    [
        Case.Of(x => x.AvgPool([2, 2]), [2, 4, 5]) with { Bench = [[16, 64, 56, 56]] },
        Case.Of(x => x.AvgPool([3, 2], stride: [2, 1], padding: 1, countPadding: false), [2, 5, 4]),
        Case.Of(x => x.AvgPool([3], 2, padding: 1, ceil: true), [2, 6]),
        Case.Of(x => x.AvgPool([2, 2, 2], divisor: 3, dilation: [1, 2, 1]), [3, 4, 5]),
        Case.Of(x => x.AvgPool([3, 3], 2, WindowPadding.Same), [5, 6]),
        Case.Of(x => x.LpPool(2, [2, 2]), Input.Within(0.5, 2, [2, 4, 4])),
        Case.Of(x => x.LpPool(3, [2], 1, padding: 1, ceil: true), Input.Within(0.5, 2, [2, 5])),
        Case.Of(x => x.AdaptiveAvgPool(2, 3), [2, 5, 7]),
        Case.Of(x => x.AdaptiveAvgPool(1, 7), [2, 4, 5]),
        Case.Of(x => x.AdaptiveAvgPool(2, 1), [2, 4, 3]),
    ];
}
