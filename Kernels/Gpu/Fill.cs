using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Fill{T}"/>
public static class Fill
{
    /// <summary>yᵢ = value.</summary>
    public static void Forward<T>(ArrayView<T> y, T value) where T : unmanaged
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All) y[i] = value;
    }
}
