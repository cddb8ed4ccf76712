using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>y = f(a, b), number by number, a and b stepping through the output's shape.</summary>
public static class Zip
{
    /// <summary>y = f(a, b).</summary>
    public static void Forward<F>(F f, ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, Steps steps) where F : struct, IBinaryFunction
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All)
        {
            var at = steps.At(i);
            y[i] = f.Apply(new F32(a[at.A]), new F32(b[at.B])).Value;
        }
    }

    /// <summary>d = dy ⊙ ∂f/∂a (a, b, y), in the output's shape; y, dy and d are contiguous.</summary>
    public static void BackwardA<F>(F f, ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, ArrayView<float> dy, ArrayView<float> d, Steps steps) where F : struct, IBinary
    {
        for (int i = Threads.First; i < d.IntLength; i += Threads.All)
        {
            var at = steps.At(i);
            d[i] = dy[i] * f.SlopeA(new F32(a[at.A]), new F32(b[at.B]), new F32(y[i])).Value;
        }
    }

    /// <summary>d = dy ⊙ ∂f/∂b (a, b, y), in the output's shape; y, dy and d are contiguous.</summary>
    public static void BackwardB<F>(F f, ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, ArrayView<float> dy, ArrayView<float> d, Steps steps) where F : struct, IBinary
    {
        for (int i = Threads.First; i < d.IntLength; i += Threads.All)
        {
            var at = steps.At(i);
            d[i] = dy[i] * f.SlopeB(new F32(a[at.A]), new F32(b[at.B]), new F32(y[i])).Value;
        }
    }

    /// <summary>y = f(a, b) ≠ 0 as a truth value, for comparisons: an f that answers 1 or 0.</summary>
    public static void Compare<F>(F f, ArrayView<float> a, ArrayView<float> b, ArrayView<byte> y, Steps steps) where F : struct, IBinaryFunction
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All)
        {
            var at = steps.At(i);
            y[i] = (byte)Utilities.Select(f.Apply(new F32(a[at.A]), new F32(b[at.B])).Value != 0, 1, 0);
        }
    }

    /// <summary>The same of integers, exactly.</summary>
    public static void CompareIntegers<F>(F f, ArrayView<int> a, ArrayView<int> b, ArrayView<byte> y, Steps steps) where F : struct, IBinaryFunction
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All)
        {
            var at = steps.At(i);
            y[i] = (byte)Utilities.Select(f.Apply(new I32(a[at.A]), new I32(b[at.B])).Value != 0, 1, 0);
        }
    }
}
