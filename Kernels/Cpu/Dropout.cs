using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>Dropout (Srivastava et al., 2014), scaled while training.</summary>
public static class Dropout
{
    /// <summary>
    /// yᵢ = xᵢ / (1 − p) where the uniform number offset + i is at least p, else 0. The same call on dy is the backward pass, and every
    /// type and device drops the same elements. Items are elements.
    /// </summary>
    public readonly struct Apply<T>(View<T> x, View<T> y, ulong seed, ulong offset, double p) : IScalarKernel where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            double scale = 1 / (1 - p);
            Philox.Words words = default;
            for (int i = from; i < to; i++)
            {
                ulong k = offset + (ulong)i;
                if (i == from || k % 4 == 0) words = Philox.Bits(seed, k / 4);
                y[i] = Philox.Uniform(words.At((int)(k % 4))) >= p ? Number.Of<T>(Number.Double(x[i]) * scale) : default;
            }
        }
    }
}
