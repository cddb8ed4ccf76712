using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <summary>Random numbers from <see cref="Philox"/>: element i takes number offset + i of the seed; the same as the CPU's.</summary>
public static class RandomFill
{
    /// <summary>y uniform in [low, high).</summary>
    public static void Uniform(ulong seed, ulong offset, ArrayView<float> y, double low, double high)
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All) y[i] = (float)(low + (high - low) * Philox.Uniform(seed, offset + (ulong)i));
    }

    /// <summary>y normal with the given mean and standard deviation, by Box and Muller's method as in <see cref="Philox.Normal"/>.</summary>
    public static void Normal(ulong seed, ulong offset, ArrayView<float> y, double mean, double std)
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All)
        {
            ulong k = offset + (ulong)i;
            double u = Philox.UniformDouble(seed, k & ~1UL), angle = 2 * Math.PI * Philox.UniformDouble(seed, k | 1);
            y[i] = (float)(mean + std * (Math.Sqrt(-2 * DoubleMath.Log(1 - u)) * DoubleMath.Wave(angle, (int)(~k & 1))));
        }
    }
}
