using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Where"/>
public static class Where
{
    /// <summary>y = condition ? a : b, for numbers of any type; the condition steps by the layout's strides c.</summary>
    public static void Forward<T>(ArrayView<byte> condition, ArrayView<T> a, ArrayView<T> b, ArrayView<T> y, Steps steps) where T : unmanaged
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All)
        {
            var at = steps.At(i);
            y[i] = Utilities.Select(condition[at.C] != 0, a[at.A], b[at.B]);
        }
    }
}
