using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Copy"/>
public static class Copy
{
    /// <summary>y = x, x stepping through y's shape by the layout's strides a; for numbers of any type.</summary>
    public static void Strided<T>(ArrayView<T> x, ArrayView<T> y, Steps steps) where T : unmanaged
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All) y[i] = x[steps.At(i).A];
    }
}
