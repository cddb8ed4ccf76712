using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.ArgSort"/>
public static class ArgSort
{
    /// <summary>
    /// y[o, k, j] = the i of the k-th smallest (or largest) x[o, i, j]; equal ones in the order of their places, NaN above all. A thread
    /// takes a number, whose place is how many come before it: quadratic, yet no thread waits for another.
    /// </summary>
    public static void Forward(ArrayView<float> x, ArrayView<int> y, int n, int inner, int descending)
    {
        for (int item = Threads.First; item < y.IntLength; item += Threads.All)
        {
            int o = item / (n * inner), rest = item - o * n * inner, i = rest / inner;
            int start = o * n * inner + (rest - i * inner), place = 0;
            float mine = x[item];
            for (int k = 0; k < n; k++)
            {
                float other = x[start + k * inner];
                bool below = (other < mine) | (!float.IsNaN(other) & float.IsNaN(mine));
                bool above = (other > mine) | (float.IsNaN(other) & !float.IsNaN(mine));
                bool before = Utilities.Select(descending != 0, above, below) | (!below & !above & (k < i));
                place += Utilities.Select(before, 1, 0);
            }
            y[start + place * inner] = i;
        }
    }
}
