namespace NanoAttention.Kernels;

/// <summary>Random numbers from <see cref="Philox"/>: element i takes number offset + i of the seed, however the work is shared out. Items are elements.</summary>
public static class RandomFill
{
    /// <summary>y uniform in [low, high).</summary>
    public readonly struct Uniform<T>(ulong seed, ulong offset, View<T> y, double low, double high) : IScalarKernel where T : unmanaged
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                double u = typeof(T) == typeof(double) ? Philox.UniformDouble(seed, offset + (ulong)i) : Philox.Uniform(seed, offset + (ulong)i);
                y[i] = Number.Of<T>(low + (high - low) * u);
            }
        }
    }

    /// <summary>y normal with the given mean and standard deviation.</summary>
    public readonly struct Normal<T>(ulong seed, ulong offset, View<T> y, double mean, double std) : IScalarKernel where T : unmanaged
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++) y[i] = Number.Of<T>(mean + std * Philox.Normal(seed, offset + (ulong)i));
        }
    }
}
