namespace NanoAttention.Kernels;

/// <summary>
/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (Parallel random numbers: as easy as 1, 2, 3, 2011):
/// random bits as a pure function of a seed and a counter, the same on every device. Number k of a seed is word k mod 4 of block ⌊k/4⌋.
/// </summary>
public static class Philox
{
    /// <summary>Four random words.</summary>
    public readonly struct Words(uint a, uint b, uint c, uint d)
    {
        public readonly uint A = a, B = b, C = c, D = d;

        /// <summary>Word i, 0 ≤ i &lt; 4.</summary>
        public uint At(int i) => i < 2 ? i == 0 ? A : B : i == 2 ? C : D;
    }

    /// <summary>The words of a 128-bit counter, low half and high half, under a 64-bit key.</summary>
    public static Words Bits(ulong key, ulong low, ulong high)
    {
        uint a = (uint)low, b = (uint)(low >> 32), c = (uint)high, d = (uint)(high >> 32);
        uint keyA = (uint)key, keyB = (uint)(key >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong p = 0xD2511F53UL * a, q = 0xCD9E8D57UL * c;
            (a, b, c, d) = ((uint)(q >> 32) ^ b ^ keyA, (uint)q, (uint)(p >> 32) ^ d ^ keyB, (uint)p);
            keyA += 0x9E3779B9;
            keyB += 0xBB67AE85;
        }
        return new(a, b, c, d);
    }

    /// <summary>Block <paramref name="block"/> of a seed: its numbers 4 block, …, 4 block + 3.</summary>
    public static Words Bits(ulong seed, ulong block) => Bits(seed, block, 0);

    /// <summary>The leading 24 bits of a word as a number in [0, 1).</summary>
    public static float Uniform(uint word) => (int)(word >> 8) * (1f / (1 << 24));

    /// <summary>Number k of a seed, uniform in [0, 1) with 24 bits.</summary>
    public static float Uniform(ulong seed, ulong k) => Uniform(Bits(seed, k / 4).At((int)(k % 4)));

    /// <summary>The leading 53 bits of two words as a number in [0, 1).</summary>
    public static double Uniform(uint high, uint low) => (((ulong)high << 32 | low) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Number k of a seed, uniform in [0, 1) with 53 bits, the leading 24 those of <see cref="Uniform(ulong, ulong)"/>: the rest come from a second stream.</summary>
    public static double UniformDouble(ulong seed, ulong k) =>
        Uniform(Bits(seed, k / 4, 0).At((int)(k % 4)), Bits(seed, k / 4, 1).At((int)(k % 4)));

    /// <summary>
    /// Two numbers, normal with mean 0 and variance 1, from two uniform in [0, 1) (Box and Muller, 1958):
    /// √(−2 log(1 − u)) cos 2πv and √(−2 log(1 − u)) sin 2πv.
    /// </summary>
    public static (double Even, double Odd) Normals(double u, double v)
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - u));
        var (sin, cos) = Math.SinCos(2 * Math.PI * v);
        return (radius * cos, radius * sin);
    }

    /// <summary>Number k of a seed, normal: the even and the odd one of a pair from uniform numbers 2⌊k/2⌋ and 2⌊k/2⌋ + 1, with 53 bits each.</summary>
    public static double Normal(ulong seed, ulong k)
    {
        var (even, odd) = Normals(UniformDouble(seed, k & ~1UL), UniformDouble(seed, k | 1));
        return (k & 1) == 0 ? even : odd;
    }
}
