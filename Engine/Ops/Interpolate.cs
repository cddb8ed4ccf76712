namespace NanoAttention;

/// <summary>What <see cref="Tensor.Interpolate"/> puts between the numbers that it is given.</summary>
public enum Interpolation
{
    /// <summary>The number that begins at or before the place, as PyTorch's nearest.</summary>
    Nearest,

    /// <summary>The number whose middle is nearest.</summary>
    NearestExact,

    /// <summary>The straight line between both neighbours; bilinear on two axes, trilinear on three.</summary>
    Linear,

    /// <summary>The cubic through four neighbours (Keys 1981, with a = −3/4); bicubic on two axes.</summary>
    Cubic,
}

public sealed partial class Tensor
{
    /// <summary>
    /// The last axes stretched or shrunk to the given sizes, one after the other: (…, n₁, …, n_d) → (…, o₁, …, o_d). Place j of the result
    /// lies at (j + ½) n/o − ½ of the axis: numbers fill cells; with <c>alignCorners</c> at j (n − 1)/(o − 1): the first and the last stay.
    /// </summary>
    /// <param name="sizes">o₁, …, o_d.</param>
    /// <param name="mode">What lies between numbers.</param>
    /// <param name="alignCorners">For <see cref="Interpolation.Linear"/> and <see cref="Interpolation.Cubic"/>.</param>
    /// <param name="scales">o/n of each axis, to take the place of the sizes' own.</param>
    /// <param name="antialias">Where an axis shrinks, whether all numbers of a cell have their part in it, and not only the middle's neighbours.</param>
    public Tensor Interpolate(ReadOnlySpan<int> sizes, Interpolation mode = Interpolation.Nearest, bool alignCorners = false,
        ReadOnlySpan<double> scales = default, bool antialias = false)
    {
        CheckFloat("Interpolate");
        if (sizes.Length == 0 || sizes.Length > Rank || scales.Length > 0 && scales.Length != sizes.Length)
            throw new ArgumentException($"Interpolate: {sizes.Length} sizes and {scales.Length} scales do not fit {Shape}: "
                + "there must be one for each of the last axes");
        if (antialias && mode is not (Interpolation.Linear or Interpolation.Cubic))
            throw new ArgumentException($"Interpolate: {mode} has no antialiasing; {Interpolation.Linear} and {Interpolation.Cubic} do");
        var y = this;
        for (int i = 0; i < sizes.Length; i++)
        {
            int axis = Rank - sizes.Length + i, n = Shape[axis], count = sizes[i];
            if (count < 1 || n < 1) throw new ArgumentException($"Interpolate: axis {axis} of {Shape} cannot be given the size {count}");
            if (n == count && (scales.IsEmpty || mode == Interpolation.Linear)) continue;
            bool corners = alignCorners && (mode is Interpolation.Linear or Interpolation.Cubic);
            double step = corners ? (n - 1) / Math.Max(1.0, count - 1) : scales.IsEmpty ? n / (double)count : 1 / scales[i];
            int[][] places = new int[count][];
            double[][] weights = new double[count][];
            for (int j = 0; j < count; j++)
                (places[j], weights[j]) = antialias ? Cell(n, step * (j + 0.5), step, mode)
                    : Neighbours(n, corners ? step * j : step * (j + 0.5) - 0.5, step * j, mode);
            y = y.Resample(axis, places, weights);
        }
        return y;
    }

    // The numbers of n that make up the one at a place, the middle or the beginning of its cell, and how much of each.
    static (int[] Places, double[] Weights) Neighbours(int n, double middle, double start, Interpolation mode)
    {
        switch (mode)
        {
            case Interpolation.Nearest: return ([At((int)Math.Floor((float)start))], [1]);           // rounded as PyTorch does
            case Interpolation.NearestExact: return ([At((int)Math.Floor((float)(middle + 0.5)))], [1]);
            case Interpolation.Linear:
                double place = Math.Max(0, middle);
                int left = At((int)place);
                return ([left, At(left + 1)], [1 - (place - left), place - left]);
            default:
                int second = (int)Math.Floor(middle);
                double t = middle - second;
                return ([At(second - 1), At(second), At(second + 1), At(second + 2)], [Far(1 + t), Near(t), Near(1 - t), Far(2 - t)]);
        }

        int At(int i) => Math.Clamp(i, 0, n - 1);

        // Keys' kernel at a distance up to 1 and from 1 to 2
        static double Near(double d) => ((2 - 0.75) * d - (3 - 0.75)) * d * d + 1;
        static double Far(double d) => -0.75 * (((d - 5) * d + 8) * d - 4);
    }

    // The numbers of n around a middle, as far as the kernel reaches that is stretched to a step greater than 1, and how much of each:
    // a triangle, or the cubic of Keys with a = −1/2.
    static (int[] Places, double[] Weights) Cell(int n, double middle, double step, Interpolation mode)
    {
        double wide = Math.Max(step, 1), reach = wide * (mode == Interpolation.Linear ? 1 : 2);
        int first = Math.Max(0, (int)(middle - reach + 0.5)), end = Math.Min(n, (int)(middle + reach + 0.5));
        int[] places = [.. Enumerable.Range(first, end - first)];
        double[] weights = [.. places.Select(i => Kernel(Math.Abs((i - middle + 0.5) / wide)))];
        double sum = weights.Sum();
        return (places, [.. weights.Select(w => w / sum)]);

        double Kernel(double d) => mode == Interpolation.Linear ? Math.Max(0, 1 - d)
            : d < 1 ? (1.5 * d - 2.5) * d * d + 1
            : d < 2 ? -0.5 * (((d - 5) * d + 8) * d - 4) : 0;
    }

    /// <summary>
    /// Weighted sums of numbers along an axis, for each number of the result as many as it has places:
    /// <code>y[…, j, …] = Σᵢ weights[j][i] x[…, places[j][i], …]</code>
    /// </summary>
    public Tensor Resample(int axis, int[][] places, double[][] weights)
    {
        CheckFloat("Resample");
        ArgumentNullException.ThrowIfNull(places);
        ArgumentNullException.ThrowIfNull(weights);
        int a = Shape.Axis(axis), count = places.Length, most = 0;
        if (weights.Length != count)
            throw new ArgumentException($"Resample: {count} lists of places and {weights.Length} lists of weights");
        for (int j = 0; j < count; j++)
            most = places[j].Length == weights[j].Length ? Math.Max(most, places[j].Length)
                : throw new ArgumentException($"Resample: number {j} has {places[j].Length} places and {weights[j].Length} weights");

        var index = new int[most * count];
        double[] weight = new double[most * count], absent = new double[most * count];
        bool even = true, ones = true;
        for (int i = 0; i < most; i++)
            for (int j = 0; j < count; j++)
            {
                int at = i * count + j;
                bool there = i < places[j].Length;
                (index[at], weight[at], absent[at]) = there ? (places[j][i], weights[j][i], 0) : (0, 0, 1);
                even &= there;
                ones &= weight[at] == 1;
            }
        var y = IndexSelect(a, From(index, [most, count], Device));                                  // (…, most, count, …)
        int behind = Rank - a - 1;
        if (!even) y = y.MaskedFill(Spread(Of(absent, [most, count], DType.Bool, Device), behind), 0);
        if (!ones) y *= Spread(Of(weight, [most, count], DType, Device), behind);
        return y.Sum(a);

        static Tensor Spread(Tensor x, int axes)
        {
            for (int i = 0; i < axes; i++) x = x.Unsqueeze(-1);
            return x;
        }
    }

    static Case[] InterpolateCases =>
    [
        Case.Of(x => x.Interpolate([5]), [2, 3]),
        Case.Of(x => x.Interpolate([2, 5], Interpolation.NearestExact), [2, 3, 4]),
        Case.Of(x => x.Interpolate([5, 6], Interpolation.Linear), [2, 3, 4]) with { Bench = [[16, 64, 28, 28]] },
        Case.Of(x => x.Interpolate([2, 5], Interpolation.Linear, alignCorners: true), [3, 4, 3]),
        Case.Of(x => x.Interpolate([3, 2, 4], Interpolation.Linear, scales: [1.6, 0.7, 2.3]), [2, 3, 2]),
        Case.Of(x => x.Interpolate([5, 3], Interpolation.Cubic), [2, 3, 4]),
        Case.Of(x => x.Interpolate([2, 5], Interpolation.Linear, antialias: true), [5, 4]),
        Case.Of(x => x.Interpolate([3], Interpolation.Cubic, antialias: true), [2, 7]),
        Case.Of(x => x.Resample(0, [[0, 2], [1], [2, 2, 0]], [[0.5, 0.5], [2], [1, -1, 3]]), [3, 2]),
    ];
}
