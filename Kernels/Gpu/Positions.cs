using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Positions"/>
public static class Positions
{
    /// <summary>
    /// at += stride · index, where an index −size ≤ i &lt; 0 counts from the end; negative for good where the index is none of size.
    /// </summary>
    public static void Add(ArrayView<int> index, ArrayView<int> at, Steps steps, int size, int stride)
    {
        for (int i = Threads.First; i < at.IntLength; i += Threads.All)
        {
            int given = index[steps.At(i).A], wrapped = Utilities.Select(given < 0, given + size, given), before = at[i];
            at[i] = Utilities.Select((wrapped >= 0) & (wrapped < size) & (before >= 0), before + stride * wrapped, int.MinValue);
        }
    }

    /// <summary>last[p] = the last i with at[i] = p: the largest of the numbers that race, so the same on every run.</summary>
    public static void Last(ArrayView<int> at, ArrayView<int> last)
    {
        for (int i = Threads.First; i < at.IntLength; i += Threads.All)
        {
            int p = at[i];
            if (p >= 0 && p < last.IntLength) Atomic.Max(ref last[p], i);
        }
    }
}
