using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.CopyInto{T}"/>
public static class CopyInto
{
    /// <summary>y = x where both step through <paramref name="count"/> elements, x by the layout's strides a and y by b.</summary>
    public static void Strided<T>(ArrayView<T> x, ArrayView<T> y, Steps steps, int count) where T : unmanaged
    {
        for (int i = Threads.First; i < count; i += Threads.All)
        {
            var at = steps.At(i);
            y[at.B] = x[at.A];
        }
    }
}
