namespace NanoAttention.Kernels;

/// <summary>
/// Functions that the scalar library lacks: in double precision, or as formulas over lanes, accurate to a few ulp in either precision.
/// The rationals are least-squares fits of the relative error, made with 60 digits.
/// </summary>
public static partial class Special
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

    /// <summary>exp(−x²) = exp(−c²) exp(−(|x| − c)(|x| + c)), c = |x| cut to sixteenths, whose square is exact.</summary>
    public static V Gauss<V>(V x) where V : struct, ILane<V>
    {
        V t = V.Min(V.Abs(x), V.Of(30)), c = V.Of(1 / 16.0) * V.Floor(V.Of(16) * t);
        return V.Exp(-c * c) * V.Exp((c - t) * (c + t));
    }

    /// <summary>erfc x = 1 − erf x = exp(−x²) R(x) for x ≥ 0, R rational, fitted to 1e-16 up to 28; 2 − erfc(−x) below.</summary>
    public static V Erfc<V>(V x) where V : struct, ILane<V>
    {
        var t = V.Min(V.Abs(x), V.Of(28));
        var p = V.Of(6.304184639405018e-05) * t + V.Of(0.0011976347232435908);
        p = p * t + V.Of(0.011141053573056751);
        p = p * t + V.Of(0.06565044706251308);
        p = p * t + V.Of(0.2680100124125297);
        p = p * t + V.Of(0.7833693238218661);
        p = p * t + V.Of(1.6395551823711432);
        p = p * t + V.Of(2.3790445112760175);
        p = p * t + V.Of(2.1930942609928707);
        p = p * t + V.Of(1);
        var q = V.Of(0.00011173876340961653) * t + V.Of(0.0021227522771480583);
        q = q * t + V.Of(0.019802872693324775);
        q = q * t + V.Of(0.11742376373062838);
        q = q * t + V.Of(0.4848530140631592);
        q = q * t + V.Of(1.4456057291546534);
        q = q * t + V.Of(3.1338206988272046);
        q = q * t + V.Of(4.855450944786621);
        q = q * t + V.Of(5.126925931592865);
        q = q * t + V.Of(3.3214734280883698);
        q = q * t + V.Of(1);
        var y = Gauss(x) * (p / q);
        return V.IfLess(x, V.Of(0), V.Of(2) - y, y);
    }

    /// <summary>
    /// The y with erf y = x: with w = −log(1 − x²), as Giles takes it (2011, Approximating the erfinv function), x R(w) up to w = 5,
    /// beyond R(√w − 2.2) with the sign of x, both R rational, fitted to 2e-16. ±∞ at ±1, NaN beyond.
    /// </summary>
    public static V Erfinv<V>(V x) where V : struct, ILane<V>
    {
        V w = -V.Log((V.Of(1) - x) * (V.Of(1) + x)), bound = V.Of(5), infinity = V.Of(double.PositiveInfinity);
        var tail = Tail(V.Sqrt(V.IfLess(w, bound, bound, w)) - V.Of(2.2));
        tail = V.IfEqual(w, infinity, w, tail);
        return V.IfLess(w, bound, x * Centre(w), V.IfLess(x, V.Of(0), -tail, tail));
    }

    static V Centre<V>(V w) where V : struct, ILane<V>
    {
        var p = V.Of(3.215984805791515e-08) * w + V.Of(1.1645496214041945e-06);
        p = p * w + V.Of(2.1876897370911264e-05);
        p = p * w + V.Of(0.0002758505778745931);
        p = p * w + V.Of(0.002561508811485491);
        p = p * w + V.Of(0.017990427310535576);
        p = p * w + V.Of(0.0934327578886441);
        p = p * w + V.Of(0.3495870019146536);
        p = p * w + V.Of(0.886226925452758);
        var q = V.Of(1.9536673938196757e-09) * w + V.Of(2.3664620764644525e-07);
        q = q * w + V.Of(5.5497239403848465e-06);
        q = q * w + V.Of(7.960752781118564e-05);
        q = q * w + V.Of(0.0010333961121169015);
        q = q * w + V.Of(0.006109755829545691);
        q = q * w + V.Of(0.05766332206648367);
        q = q * w + V.Of(0.1326673022487254);
        q = q * w + V.Of(1);
        return p / q;
    }

    static V Tail<V>(V u) where V : struct, ILane<V>
    {
        var p = V.Of(2.7679419393829107e-05) * u + V.Of(0.0007503996256453504);
        p = p * u + V.Of(0.005288928823413889);
        p = p * u + V.Of(0.02613346636954594);
        p = p * u + V.Of(0.09098395486527157);
        p = p * u + V.Of(0.27334768645720525);
        p = p * u + V.Of(0.6303101229251447);
        p = p * u + V.Of(1.2580819530651968);
        p = p * u + V.Of(1.9866686121092907);
        p = p * u + V.Of(2.185599856821562);
        p = p * u + V.Of(2.037331158659482);
        var q = V.Of(2.7683584440952806e-05) * u + V.Of(0.0006894876427674885);
        q = q * u + V.Of(0.0038335046667885334);
        q = q * u + V.Of(0.01830588207449487);
        q = q * u + V.Of(0.05294144052801279);
        q = q * u + V.Of(0.1662876204106478);
        q = q * u + V.Of(0.28695758333892707);
        q = q * u + V.Of(0.6806004110484285);
        q = q * u + V.Of(0.5905189298025426);
        q = q * u + V.Of(1);
        return p / q;
    }
}
