using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Dropout"/>
public static class Dropout
{
    /// <summary>
    /// yᵢ = scale · xᵢ where the leading 24 bits of number offset + i are at least <paramref name="least"/> = ⌈p 2²⁴⌉, else 0. A thread
    /// takes four numbers, which are one block of bits; the first 4 · quads at once, which are 0 unless offset is a multiple of four.
    /// </summary>
    public static void Apply(ArrayView<float> x, ArrayView<float> y, ulong seed, ulong offset, int least, float scale, int quads)
    {
        int lead = (int)(offset & 3), blocks = (lead + y.IntLength + 3) / 4;
        ArrayView<F4> xs = Threads.Quads(x, quads), ys = Threads.Quads(y, quads);
        for (int block = Threads.First; block < blocks; block += Threads.All)
        {
            var words = Philox.Bits(seed, offset / 4 + (ulong)block);
            int i = 4 * block - lead;
            if (block < quads)
            {
                var v = xs[block];
                ys[block] = new(One(v.X, words.A, least, scale), One(v.Y, words.B, least, scale),
                    One(v.Z, words.C, least, scale), One(v.W, words.D, least, scale));
                continue;
            }
            for (int k = 0; k < 4; k++, i++)
                if (i >= 0 && i < y.IntLength) y[i] = One(x[i], words.At(k), least, scale);
        }
    }

    static float One(float x, uint word, int least, float scale) => Utilities.Select((int)(word >> 8) >= least, x * scale, 0f);
}
