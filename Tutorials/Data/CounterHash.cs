namespace NanoAttention.Tutorials;

/// <summary>
/// Counter-based pseudo-random integers: the value depends on (seed, stream, index) alone, so that data drawn with
/// it are the same on every machine and in every order of asking.
/// The mixer is the finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
/// </summary>
public static class CounterHash
{
    const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    /// <summary>64 well-mixed bits for one counter.</summary>
    public static ulong Bits(ulong seed, ulong stream, ulong index) => Mix(Mix(Mix(seed + GoldenGamma) ^ stream) + index * GoldenGamma);

    /// <summary>
    /// An integer of 0 … <paramref name="bound"/> − 1: ⌊bits · bound / 2⁶⁴⌋ (Lemire 2019, without the rejection step; the bias is below
    /// bound / 2⁶⁴).
    /// </summary>
    public static int Below(int bound, ulong seed, ulong stream, ulong index)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(Bits(seed, stream, index), (ulong)bound, out _);
    }

    /// <summary>A permutation of 0 … <paramref name="count"/> − 1 (Fisher–Yates): the order of one epoch.</summary>
    public static int[] Permutation(int count, ulong seed, ulong stream)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int j = Below(i + 1, seed, stream, (ulong)i);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }

    static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
