using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Cast"/>
public static class Cast
{
    /// <summary>yᵢ = xᵢ cut towards zero and clamped; 0 for NaN.</summary>
    public static void FloatToInt(ArrayView<float> x, ArrayView<int> y)
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All)
        {
            float v = x[i];
            bool inside = (v >= -2147483648f) & (v < 2147483648f);
            int cut = (int)Utilities.Select(inside, v, 0);
            int beyond = Utilities.Select(v > 0, int.MaxValue, Utilities.Select(v < 0, int.MinValue, 0));
            y[i] = Utilities.Select(inside, cut, beyond);
        }
    }

    /// <summary>yᵢ = xᵢ ≠ 0.</summary>
    public static void FloatToBool(ArrayView<float> x, ArrayView<byte> y)
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All) y[i] = (byte)Utilities.Select(x[i] != 0, 1, 0);
    }

    /// <summary>yᵢ = xᵢ, rounded.</summary>
    public static void IntToFloat(ArrayView<int> x, ArrayView<float> y)
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All) y[i] = x[i];
    }

    /// <summary>yᵢ = xᵢ ≠ 0.</summary>
    public static void IntToBool(ArrayView<int> x, ArrayView<byte> y)
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All) y[i] = (byte)Utilities.Select(x[i] != 0, 1, 0);
    }

    /// <summary>yᵢ = xᵢ ? 1 : 0.</summary>
    public static void BoolToFloat(ArrayView<byte> x, ArrayView<float> y)
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All) y[i] = Utilities.Select(x[i] != 0, 1f, 0f);
    }

    /// <summary>yᵢ = xᵢ ? 1 : 0.</summary>
    public static void BoolToInt(ArrayView<byte> x, ArrayView<int> y)
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All) y[i] = Utilities.Select(x[i] != 0, 1, 0);
    }
}
