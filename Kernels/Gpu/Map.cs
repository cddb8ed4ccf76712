using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Map"/>
public static class Map
{
    /// <summary>yᵢ = f(xᵢ); the first 4 · quads numbers four at a time.</summary>
    public static void Forward<F>(F f, ArrayView<float> x, ArrayView<float> y, int quads) where F : struct, IUnary
    {
        ArrayView<F4> xs = Threads.Quads(x, quads), ys = Threads.Quads(y, quads);
        for (int i = Threads.First; i < quads; i += Threads.All)
        {
            var v = xs[i];
            ys[i] = new(Apply(f, v.X), Apply(f, v.Y), Apply(f, v.Z), Apply(f, v.W));
        }
        for (int i = 4 * quads + Threads.First; i < y.IntLength; i += Threads.All) y[i] = Apply(f, x[i]);
    }

    static float Apply<F>(F f, float x) where F : struct, IUnary => f.Apply(new F32(x)).Value;

    /// <summary>dxᵢ = dyᵢ f′(xᵢ, yᵢ); the first 4 · quads numbers four at a time.</summary>
    public static void Backward<F>(F f, ArrayView<float> x, ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int quads) where F : struct, IUnary
    {
        ArrayView<F4> xs = Threads.Quads(x, quads), ys = Threads.Quads(y, quads), gs = Threads.Quads(dy, quads), ds = Threads.Quads(dx, quads);
        for (int i = Threads.First; i < quads; i += Threads.All)
        {
            F4 v = xs[i], w = ys[i], g = gs[i];
            ds[i] = new(g.X * Slope(f, v.X, w.X), g.Y * Slope(f, v.Y, w.Y), g.Z * Slope(f, v.Z, w.Z), g.W * Slope(f, v.W, w.W));
        }
        for (int i = 4 * quads + Threads.First; i < dx.IntLength; i += Threads.All) dx[i] = dy[i] * Slope(f, x[i], y[i]);
    }

    static float Slope<F>(F f, float x, float y) where F : struct, IUnary => f.Slope(new F32(x), new F32(y)).Value;
}
