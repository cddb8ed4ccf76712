using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Map"/>
public static class Map
{
    /// <summary>yᵢ = f(xᵢ).</summary>
    public static void Forward<F>(F f, ArrayView<float> x, ArrayView<float> y) where F : struct, IUnary
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All) y[i] = f.Apply(new F32(x[i])).Value;
    }

    /// <summary>dxᵢ = dyᵢ f′(xᵢ, yᵢ).</summary>
    public static void Backward<F>(F f, ArrayView<float> x, ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx) where F : struct, IUnary
    {
        for (int i = Threads.First; i < dx.IntLength; i += Threads.All) dx[i] = dy[i] * f.Slope(new F32(x[i]), new F32(y[i])).Value;
    }
}
