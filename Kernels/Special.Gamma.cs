namespace NanoAttention.Kernels;

public static partial class Special
{
    /// <summary>
    /// log |Γ(x)|. From 8 on by Stirling's series (Abramowitz and Stegun, 1964, 6.1.41). Below, Γ(x) = (x − 1)(x − 2)… Γ(1 + d), 0 ≤ d ≤ 1,
    /// and log Γ(1 + d) = d (d − 1) R(d), R rational, fitted to 1e-20: exact zeros at 1 and 2. For x &lt; 0 by reflection,
    /// |Γ(x) Γ(1 − x)| = π/|sin πx| (6.1.17).
    /// </summary>
    public static V LogGamma<V>(V x) where V : struct, ILane<V>
    {
        V one = V.Of(1), positive = V.IfLess(x, V.Of(0), one - x, x);
        var y = V.IfLess(positive, V.Of(8), BelowEight(positive), Stirling(positive));
        var sine = V.Abs(V.Sin(V.Of(Math.PI) * Elementary.Period(x)));
        y = V.IfLess(x, V.Of(0), V.Log(V.Of(Math.PI) / sine) - y, y);
        y = V.IfLess(V.Abs(x), V.Of(1e-20), -V.Log(V.Abs(x)), y);                               // where 1/x overflows
        return V.IfEqual(V.Abs(x), V.Of(double.PositiveInfinity), V.Abs(x), y);
    }

    static V BelowEight<V>(V x) where V : struct, ILane<V>
    {
        V one = V.Of(1), steps = V.Max(V.Of(0), V.Floor(x) - one), rest = x - steps;
        var product = Factor(x, 1) * Factor(x, 2) * (Factor(x, 3) * Factor(x, 4)) * (Factor(x, 5) * Factor(x, 6));
        var d = V.IfLess(rest, one, rest, rest - one);
        var p = V.Of(3.325822368691278e-06) * d + V.Of(0.0011811971226747913);
        p = p * d + V.Of(0.031203449339537576);
        p = p * d + V.Of(0.2690315217179154);
        p = p * d + V.Of(1.0250454533517326);
        p = p * d + V.Of(1.9070133295871037);
        p = p * d + V.Of(1.6968868173363214);
        p = p * d + V.Of(0.5772156649015329);
        var q = V.Of(0.00032006335130440824) * d + V.Of(0.01398511950326709);
        q = q * d + V.Of(0.18218067311780625);
        q = q * d + V.Of(1.035604680329332);
        q = q * d + V.Of(2.9660361455809148);
        q = q * d + V.Of(4.464134072384673);
        q = q * d + V.Of(3.3646664564971758);
        q = q * d + one;
        var y = d * (d - one) * (p / q);
        return V.IfLess(rest, one, y - V.Log(rest), y + V.Log(product));
    }

    // x − k where that is at least 1
    static V Factor<V>(V x, double k) where V : struct, ILane<V> => V.IfLess(x, V.Of(k + 1), V.Of(1), x - V.Of(k));

    // (x − ½)(log x − 1) + ½ log 2π − ½ + Σ B₂ₖ/(2k (2k − 1) x²ᵏ⁻¹)
    static V Stirling<V>(V x) where V : struct, ILane<V>
    {
        V r = V.Of(1) / x, z = r * r;
        var s = V.Of(-3617 / 122400.0) * z + V.Of(1 / 156.0);
        s = s * z + V.Of(-691 / 360360.0);
        s = s * z + V.Of(1 / 1188.0);
        s = s * z + V.Of(-1 / 1680.0);
        s = s * z + V.Of(1 / 1260.0);
        s = s * z + V.Of(-1 / 360.0);
        s = s * z + V.Of(1 / 12.0);
        return (x - V.Of(0.5)) * (V.Log(x) - V.Of(1)) + V.Of(0.41893853320467274178) + s * r;
    }

    /// <summary>
    /// ψ(x) = d log Γ(x)/dx: log x − 1/(2x) − Σ B₂ₖ/(2k x²ᵏ) from 8 on (Abramowitz and Stegun, 1964, 6.3.18), brought there by
    /// ψ(x) = ψ(x + 1) − 1/x, and for x &lt; 0 by ψ(x) = ψ(1 − x) − π/tan πx. NaN at −1, −2, …; ∓∞ at ±0.
    /// </summary>
    public static V Digamma<V>(V x) where V : struct, ILane<V>
    {
        V one = V.Of(1), positive = V.IfLess(x, V.Of(0), one - x, x), far = V.IfLess(positive, V.Of(8), positive + V.Of(8), positive);
        V r = one / far, z = r * r;
        var s = V.Of(43867 / 14364.0) * z + V.Of(-3617 / 8160.0);
        s = s * z + V.Of(1 / 12.0);
        s = s * z + V.Of(-691 / 32760.0);
        s = s * z + V.Of(1 / 132.0);
        s = s * z + V.Of(-1 / 240.0);
        s = s * z + V.Of(1 / 252.0);
        s = s * z + V.Of(-1 / 120.0);
        s = s * z + V.Of(1 / 12.0);
        var y = V.Log(far) - V.Of(0.5) * r - s * z;
        y = V.IfLess(positive, V.Of(8), y - Steps(positive) - one / positive, y);
        V rest = Elementary.Period(x), angle = V.Of(Math.PI) * rest;
        var reflected = V.IfEqual(rest, V.Of(0), V.Of(double.NaN), y - V.Of(Math.PI) * V.Cos(angle) / V.Sin(angle));
        return V.IfLess(x, V.Of(0), reflected, y);
    }

    // 1/(x + 1) + … + 1/(x + 7), the small ones first
    static V Steps<V>(V x) where V : struct, ILane<V> =>
        Inverse(x, 7) + Inverse(x, 6) + Inverse(x, 5) + Inverse(x, 4) + Inverse(x, 3) + Inverse(x, 2) + Inverse(x, 1);

    static V Inverse<V>(V x, double k) where V : struct, ILane<V> => V.Of(1) / (x + V.Of(k));

    /// <summary>
    /// ψ′(x): 1/x + 1/(2x²) + Σ B₂ₖ/x²ᵏ⁺¹ from 8 on (Abramowitz and Stegun, 1964, 6.4.12), brought there by ψ′(x) = ψ′(x + 1) + 1/x²,
    /// and for x &lt; 0 by ψ′(x) = π²/sin² πx − ψ′(1 − x).
    /// </summary>
    public static V Trigamma<V>(V x) where V : struct, ILane<V>
    {
        V one = V.Of(1), positive = V.IfLess(x, V.Of(0), one - x, x), far = V.IfLess(positive, V.Of(8), positive + V.Of(8), positive);
        V r = one / far, z = r * r;
        var s = V.Of(43867 / 798.0) * z + V.Of(-3617 / 510.0);
        s = s * z + V.Of(7 / 6.0);
        s = s * z + V.Of(-691 / 2730.0);
        s = s * z + V.Of(5 / 66.0);
        s = s * z + V.Of(-1 / 30.0);
        s = s * z + V.Of(1 / 42.0);
        s = s * z + V.Of(-1 / 30.0);
        s = s * z + V.Of(1 / 6.0);
        var y = r + V.Of(0.5) * z + s * z * r;
        y = V.IfLess(positive, V.Of(8), y + SquaredSteps(positive) + one / (positive * positive), y);
        V slope = V.Of(Math.PI) / V.Sin(V.Of(Math.PI) * Elementary.Period(x));
        return V.IfLess(x, V.Of(0), slope * slope - y, y);
    }

    // 1/(x + 1)² + … + 1/(x + 7)²
    static V SquaredSteps<V>(V x) where V : struct, ILane<V>
    {
        V a = Inverse(x, 7), b = Inverse(x, 6), c = Inverse(x, 5), d = Inverse(x, 4);
        V e = Inverse(x, 3), f = Inverse(x, 2), g = Inverse(x, 1);
        return a * a + b * b + c * c + d * d + e * e + f * f + g * g;
    }
}
