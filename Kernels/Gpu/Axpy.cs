using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Axpy"/>
public static class Axpy
{
    /// <summary>y += α x; the first 4 · quads numbers four at a time.</summary>
    public static void Add(float alpha, ArrayView<float> x, ArrayView<float> y, int quads)
    {
        ArrayView<F4> xs = Threads.Quads(x, quads), ys = Threads.Quads(y, quads);
        for (int i = Threads.First; i < quads; i += Threads.All) ys[i] = ys[i].Plus(alpha, xs[i]);
        for (int i = 4 * quads + Threads.First; i < y.IntLength; i += Threads.All) y[i] += alpha * x[i];
    }
}
