using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Axpy"/>
public static class Axpy
{
    /// <summary>y += α x.</summary>
    public static void Add(float alpha, ArrayView<float> x, ArrayView<float> y)
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All) y[i] += alpha * x[i];
    }
}
