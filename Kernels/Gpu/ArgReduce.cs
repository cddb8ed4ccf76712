using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.ArgReduce"/>
public static class ArgReduce
{
    /// <summary>y[o, j] = the first i of the largest sign · x[o, i, j].</summary>
    public static void Largest(float sign, ArrayView<float> x, ArrayView<int> y, int n, int inner)
    {
        for (int item = Threads.First; item < y.IntLength; item += Threads.All)
        {
            int o = item / inner, at = o * n * inner + (item - o * inner), best = 0;
            float largest = float.NegativeInfinity;
            for (int i = 0; i < n; i++, at += inner)
            {
                float value = sign * x[at];
                bool better = !float.IsNaN(largest) & ((value > largest) | float.IsNaN(value));     // nothing beats the first NaN
                best = Utilities.Select(better, i, best);
                largest = Utilities.Select(better, value, largest);
            }
            y[item] = best;
        }
    }
}
