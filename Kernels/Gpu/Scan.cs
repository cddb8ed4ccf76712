using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Scan"/>
public static class Scan
{
    /// <summary>
    /// yₖ = aₖ yₖ₋₁ + bₖ with y₋₁ = 0; without a it is the running sum. In reverse, yₖ = aₖ yₖ₊₁ + bₖ. A thread takes a column.
    /// </summary>
    public static void Linear(ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, int n, int inner, int reverse)
    {
        int step = reverse != 0 ? -inner : inner;
        for (int i = Threads.First; i < y.IntLength / n; i += Threads.All)
        {
            int o = i / inner, at = (o * n + (reverse != 0 ? n - 1 : 0)) * inner + (i - o * inner);
            float last = b[at];
            y[at] = last;
            for (int k = 1; k < n; k++)
            {
                at += step;
                float before = last;
                if (a.IntLength > 0) before *= a[at];
                last = before + b[at];
                y[at] = last;
            }
        }
    }

    /// <summary>yₖ = the i ≤ k of the largest sign · xᵢ; the last on ties; the last NaN wins. A thread takes a column.</summary>
    public static void ArgLargest(float sign, ArrayView<float> x, ArrayView<int> y, int n, int inner)
    {
        for (int i = Threads.First; i < y.IntLength / n; i += Threads.All)
        {
            int o = i / inner, at = o * n * inner + (i - o * inner), best = 0;
            float largest = float.NegativeInfinity;
            for (int k = 0; k < n; k++, at += inner)
            {
                float value = sign * x[at];
                bool better = float.IsNaN(value) | (value >= largest);      // nothing is ≥ NaN
                best = Utilities.Select(better, k, best);
                largest = Utilities.Select(better, value, largest);
                y[at] = best;
            }
        }
    }
}
