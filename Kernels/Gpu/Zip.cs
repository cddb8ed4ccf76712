using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// y = f(a, b), number by number, a and b stepping through the output's shape; the first 4 · quads numbers four at a time, and then in
/// steps of four.
/// </summary>
public static class Zip
{
    /// <summary>y = f(a, b).</summary>
    public static void Forward<F>(F f, ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, Steps steps, int quads)
        where F : struct, IBinaryFunction
    {
        ArrayView<F4> lefts = a.Cast<F4>(), rights = b.Cast<F4>(), ys = Threads.Quads(y, quads);
        for (int i = Threads.First; i < quads; i += Threads.All)
        {
            var at = steps.At(i);
            F4 u = lefts[at.A], v = rights[at.B];
            ys[i] = new(Apply(f, u.X, v.X), Apply(f, u.Y, v.Y), Apply(f, u.Z, v.Z), Apply(f, u.W, v.W));
        }
        for (int i = 4 * quads + Threads.First; i < y.IntLength; i += Threads.All)
        {
            var at = steps.At(i);
            y[i] = Apply(f, a[at.A], b[at.B]);
        }
    }

    static float Apply<F>(F f, float a, float b) where F : struct, IBinaryFunction => f.Apply(new F32(a), new F32(b)).Value;

    /// <summary>d = dy ⊙ ∂f/∂a (a, b, y), in the output's shape; y, dy and d are contiguous.</summary>
    public static void BackwardA<F>(F f, ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, ArrayView<float> dy,
        ArrayView<float> d, Steps steps, int quads) where F : struct, IBinary
    {
        ArrayView<F4> lefts = a.Cast<F4>(), rights = b.Cast<F4>();
        ArrayView<F4> ys = Threads.Quads(y, quads), gs = Threads.Quads(dy, quads), ds = Threads.Quads(d, quads);
        for (int i = Threads.First; i < quads; i += Threads.All)
        {
            var at = steps.At(i);
            F4 u = lefts[at.A], v = rights[at.B], w = ys[i], g = gs[i];
            ds[i] = new(g.X * SlopeA(f, u.X, v.X, w.X), g.Y * SlopeA(f, u.Y, v.Y, w.Y),
                g.Z * SlopeA(f, u.Z, v.Z, w.Z), g.W * SlopeA(f, u.W, v.W, w.W));
        }
        for (int i = 4 * quads + Threads.First; i < d.IntLength; i += Threads.All)
        {
            var at = steps.At(i);
            d[i] = dy[i] * SlopeA(f, a[at.A], b[at.B], y[i]);
        }
    }

    static float SlopeA<F>(F f, float a, float b, float y) where F : struct, IBinary => f.SlopeA(new F32(a), new F32(b), new F32(y)).Value;

    /// <summary>d = dy ⊙ ∂f/∂b (a, b, y), in the output's shape; y, dy and d are contiguous.</summary>
    public static void BackwardB<F>(F f, ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, ArrayView<float> dy,
        ArrayView<float> d, Steps steps, int quads) where F : struct, IBinary
    {
        ArrayView<F4> lefts = a.Cast<F4>(), rights = b.Cast<F4>();
        ArrayView<F4> ys = Threads.Quads(y, quads), gs = Threads.Quads(dy, quads), ds = Threads.Quads(d, quads);
        for (int i = Threads.First; i < quads; i += Threads.All)
        {
            var at = steps.At(i);
            F4 u = lefts[at.A], v = rights[at.B], w = ys[i], g = gs[i];
            ds[i] = new(g.X * SlopeB(f, u.X, v.X, w.X), g.Y * SlopeB(f, u.Y, v.Y, w.Y),
                g.Z * SlopeB(f, u.Z, v.Z, w.Z), g.W * SlopeB(f, u.W, v.W, w.W));
        }
        for (int i = 4 * quads + Threads.First; i < d.IntLength; i += Threads.All)
        {
            var at = steps.At(i);
            d[i] = dy[i] * SlopeB(f, a[at.A], b[at.B], y[i]);
        }
    }

    static float SlopeB<F>(F f, float a, float b, float y) where F : struct, IBinary => f.SlopeB(new F32(a), new F32(b), new F32(y)).Value;

    /// <summary>y = f(a, b) ≠ 0 as a truth value, for comparisons: an f that answers 1 or 0.</summary>
    public static void Compare<F>(F f, ArrayView<float> a, ArrayView<float> b, ArrayView<byte> y, Steps steps)
        where F : struct, IBinaryFunction
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All)
        {
            var at = steps.At(i);
            y[i] = (byte)Utilities.Select(f.Apply(new F32(a[at.A]), new F32(b[at.B])).Value != 0, 1, 0);
        }
    }

    /// <summary>The same of integers, exactly.</summary>
    public static void CompareIntegers<F>(F f, ArrayView<int> a, ArrayView<int> b, ArrayView<byte> y, Steps steps)
        where F : struct, IBinaryFunction
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All)
        {
            var at = steps.At(i);
            y[i] = (byte)Utilities.Select(f.Apply(new I32(a[at.A]), new I32(b[at.B])).Value != 0, 1, 0);
        }
    }
}
