namespace NanoAttention.Kernels;

/// <summary>Functions that the scalar library lacks, in double precision.</summary>
public static class Special
{
    /// <summary>
    /// erf x = 2/√π ∫₀ˣ exp(−t²) dt, to about an ulp: below 2 by the series 2/√π exp(−x²) Σ 2ᵏ x²ᵏ⁺¹ / (2k + 1)!!, whose terms are all positive,
    /// above by the continued fraction of erfc (Abramowitz and Stegun, 1964, 7.1.6 and 7.1.14).
    /// </summary>
    public static double Erf(double x)
    {
        double a = Math.Abs(x);
        if (double.IsNaN(x)) return x;
        if (a < 1e-9) return x * TwoOverRootPi;
        return Math.CopySign(a < 2 ? Series(a) : a < 6 ? 1 - Tail(a) : 1, x);
    }

    const double TwoOverRootPi = 1.1283791670955126;

    static double Series(double x)
    {
        double term = x, sum = x;
        for (int k = 1; term > sum * 1e-17; k++)
        {
            term *= 2 * x * x / (2 * k + 1);
            sum += term;
        }
        return TwoOverRootPi * Math.Exp(-x * x) * sum;
    }

    // erfc x = exp(−x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))), from the inside out
    static double Tail(double x)
    {
        double fraction = x;
        for (int k = 60; k > 0; k--) fraction = x + 0.5 * k / fraction;
        return Math.Exp(-x * x) * TwoOverRootPi / 2 / fraction;
    }
}
