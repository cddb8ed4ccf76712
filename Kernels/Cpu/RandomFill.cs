using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Random numbers from <see cref="Philox"/>: element i takes number offset + i of the seed, however the work is shared out. Items are
/// elements.
/// </summary>
public static class RandomFill
{
    /// <summary>y uniform in [low, high).</summary>
    public readonly struct Uniform<T>(ulong seed, ulong offset, View<T> y, double low, double high) : IScalarKernel where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            Philox.Words upper = default, lower = default;
            for (int i = from; i < to; i++)
            {
                ulong k = offset + (ulong)i;
                if (i == from || k % 4 == 0)
                {
                    upper = Philox.Bits(seed, k / 4, 0);
                    if (typeof(T) == typeof(double)) lower = Philox.Bits(seed, k / 4, 1);
                }
                uint word = upper.At((int)(k % 4));
                double u = typeof(T) == typeof(double) ? Philox.Uniform(word, lower.At((int)(k % 4))) : Philox.Uniform(word);
                y[i] = Number.Of<T>(low + (high - low) * u);
            }
        }
    }

    /// <summary>y normal with the given mean and standard deviation.</summary>
    public readonly struct Normal<T>(ulong seed, ulong offset, View<T> y, double mean, double std) : IScalarKernel where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            Philox.Words upper = default, lower = default;
            double even = 0, odd = 0;
            for (int i = from; i < to; i++)
            {
                ulong k = offset + (ulong)i;
                int word = (int)(k % 4), first = word & ~1;
                if (i == from || word == 0) (upper, lower) = (Philox.Bits(seed, k / 4, 0), Philox.Bits(seed, k / 4, 1));
                if (i == from || word == first)
                    (even, odd) = Philox.Normals(
                        Philox.Uniform(upper.At(first), lower.At(first)), Philox.Uniform(upper.At(first + 1), lower.At(first + 1)));
                y[i] = Number.Of<T>(mean + std * (word == first ? even : odd));
            }
        }
    }
}
