using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Dropout"/>
public static class Dropout
{
    /// <summary>
    /// yᵢ = scale · xᵢ where the leading 24 bits of number offset + i are at least <paramref name="least"/> = ⌈p 2²⁴⌉, else 0. A thread
    /// takes four numbers, which are one block of bits.
    /// </summary>
    public static void Apply(ArrayView<float> x, ArrayView<float> y, ulong seed, ulong offset, int least, float scale)
    {
        int lead = (int)(offset & 3), blocks = (lead + y.IntLength + 3) / 4;
        for (int block = Threads.First; block < blocks; block += Threads.All)
        {
            var words = Philox.Bits(seed, offset / 4 + (ulong)block);
            int i = 4 * block - lead;
            One(x, y, i, words.A, least, scale);
            One(x, y, i + 1, words.B, least, scale);
            One(x, y, i + 2, words.C, least, scale);
            One(x, y, i + 3, words.D, least, scale);
        }
    }

    static void One(ArrayView<float> x, ArrayView<float> y, int i, uint word, int least, float scale)
    {
        if (i >= 0 && i < y.IntLength) y[i] = Utilities.Select((int)(word >> 8) >= least, x[i] * scale, 0f);
    }
}
