using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Axpy"/>
public static class Axpy
{
    /// <summary>y += α x; the first 4 · quads numbers four at a time.</summary>
    public static void Add(float alpha, ArrayView<float> x, ArrayView<float> y, int quads)
    {
        ArrayView<F4> xs = Threads.Quads(x, quads), ys = Threads.Quads(y, quads);
        for (int i = Threads.First; i < quads; i += Threads.All)
        {
            F4 u = xs[i], v = ys[i];            // a method of ys[i] would load its numbers one by one
            ys[i] = v.Plus(alpha, u);
        }
        for (int i = 4 * quads + Threads.First; i < y.IntLength; i += Threads.All) y[i] += alpha * x[i];
    }
}
