using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>What the kernels over rows ask of one row, of n numbers from <c>start</c> on. Every thread of the group must ask, and all learn the answer.</summary>
static class Rows
{
    /// <summary>Σ xᵢ.</summary>
    public static float Total(ArrayView<float> x, int start, int n, ArrayView<float> shared)
    {
        float sum = 0;
        for (int i = 0; i < n; i += RowShare.Whole) sum += RowShare.Load(x, start + i, n - i, 0).Sum();
        return Threads.Sum(sum, shared);
    }

    /// <summary>
    /// The row's exponentials from one pass: each thread measures its numbers from the largest of its own, and when the largest of all is
    /// known scales its sum (online softmax: Milakov and Gimelshein, 2018).
    /// </summary>
    public static Exponentials Exponentials(ArrayView<float> x, int start, int n, ArrayView<float> shared)
    {
        var first = RowShare.Load(x, start, n, float.NegativeInfinity);
        float own = first.Largest(), largest = own;
        var exps = first.Exp(Gpu.Exponentials.Shift(own));
        float sum = exps.Sum();
        for (int i = RowShare.Whole; i < n; i += RowShare.Whole)
        {
            var share = RowShare.Load(x, start + i, n - i, float.NegativeInfinity);
            float larger = FloatMath.Max(largest, share.Largest()), shift = Gpu.Exponentials.Shift(larger);
            sum = sum * FloatMath.Exp(largest - shift) + share.Exp(shift).Sum();
            largest = larger;
        }
        float max = Threads.Max(largest, shared);
        return new(first, exps, own, max, Threads.Sum(sum * FloatMath.Exp(largest - Gpu.Exponentials.Shift(max)), shared));
    }
}

/// <summary>A row's numbers and exponentials.</summary>
/// <param name="first">This thread's first share of the row.</param>
/// <param name="exps">The same as exp(x − own), own being their largest.</param>
/// <param name="max">The row's largest number; NaN if any is.</param>
/// <param name="sum">Σ exp(x − max); 0 for a row of −∞ alone.</param>
readonly struct Exponentials(RowShare first, RowShare exps, float own, float max, float sum)
{
    public readonly RowShare First = first, Exps = exps;
    public readonly float Own = own, Max = max, Sum = sum;

    /// <summary>What numbers are measured from: the largest of them, if it can be subtracted from −∞.</summary>
    public static float Shift(float max) => Utilities.Select(max == float.NegativeInfinity, 0f, max);
}
