using static NanoAttention.Reverse;

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
        var windows = WindowAxis.On(Shape, kernel, stride.Or(kernel), padding, dilation, ceil, "AvgPool");
        var counts = Array.ConvertAll(windows, w => w.Counts(countPadding));
        if (divisor is { } d)
        {
            foreach (double[] axis in counts) Array.Fill(axis, 1);
            Array.Fill(counts[^1], d);
        }
        return Means(Array.ConvertAll(windows, w => w.Places()), counts, "AvgPool");
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
        return Means(axes, Array.ConvertAll(axes, windows => Array.ConvertAll(windows, w => (double)w.Length)), "AdaptiveAvgPool");
    }

    // The windows are all combinations of windows on each of the last axes, lists of places there; a sum is divided by the product of
    // their counts.
    Tensor Means(int[][][] axes, double[][] counts, string op)
    {
        Shape lead = Shape[..^axes.Length], pooled = Shape[lead.Rank..];
        int[] result = [.. lead.Sizes, .. Array.ConvertAll(axes, windows => windows.Length)];
        if (axes.Index().All(a => a.Item is [var window] && window.Length == pooled[a.Index]))         // one window, which is all there is
            return (Reshape(lead.Count, pooled.Count).Sum(1) / counts.Aggregate(1.0, (n, axis) => n * axis[0])).Reshape(result);
        int[][] rows = [[0]];
        double[] rowCounts = [1];
        for (int i = 0; i < axes.Length - 1; i++)
        {
            int n = pooled[i];
            rows = Combined(rows, axes[i], (outer, inner) => Combined(outer, inner, (row, place) => row * n + place));
            rowCounts = Combined(rowCounts, counts[i], (a, b) => a * b);
        }
        var plan = new PoolPlan(pooled[..^1].Count, pooled[^1], rows, axes[^1], Of(rowCounts, [rows.Length], DType, Device),
            Of(counts[^1], [axes[^1].Length], DType, Device));
        return Reshape(lead.Count, pooled[..^1].Count, pooled[^1]).Pooled(plan, op)
            .Reshape(result);

        static T[] Combined<T>(T[] outer, T[] inner, Func<T, T, T> combine) => [.. outer.SelectMany(_ => inner, combine)];
    }

    Tensor Pooled(PoolPlan plan, string op)
    {
        var y = Empty([Shape[0], plan.Shape.Rows, plan.Shape.Columns], DType, Device, op);
        Device.AvgPool(Detach().Contiguous(), y, plan);
        return Record(y, [(this, dy => dy.PooledBack(plan, op))], op);
    }

    Tensor PooledBack(PoolPlan plan, string op)
    {
        var dx = Empty([Shape[0], plan.Shape.Height, plan.Shape.Width], DType, Device, op);
        Device.AvgPoolBackward(Detach().Contiguous(), dx, plan);
        return Record(dx, [(this, dy => dy.Pooled(plan, op))], op);
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
        Case.Of(x => x.AvgPool([2, 9], 1, padding: 1), [2, 3, 10]),
        Case.Of(x => x.AvgPool([1, 2], stride: 3), [3, 8]),
        Case.Of(x => x.AvgPool([2, 2], 1, padding: 1, countPadding: false), [3, 17]),
        Case.Of(x => x.LpPool(2, [2, 2]), Input.Within(0.5, 2, [2, 4, 4])),
        Case.Of(x => x.LpPool(3, [2], 1, padding: 1, ceil: true), Input.Within(0.5, 2, [2, 5])),
        Case.Of(x => x.AdaptiveAvgPool(2, 3), [2, 5, 7]),
        Case.Of(x => x.AdaptiveAvgPool(1, 7), [2, 4, 5]),
        Case.Of(x => x.AdaptiveAvgPool(2, 1), [2, 4, 3]),
    ];
}
