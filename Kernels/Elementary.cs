namespace NanoAttention.Kernels;

/// <summary>
/// Elementary functions as formulas of a lane's basic ones: the same text for SIMD, the GPU and dual numbers, within a few ulp in
/// either precision. The rationals are least-squares fits of the relative error, made with 60 digits.
/// </summary>
public static class Elementary
{
    /// <summary>Whether x has the sign bit: x &lt; 0 or x = −0 ? then : otherwise.</summary>
    public static V IfNegative<V>(V x, V then, V otherwise) where V : struct, ILane<V> =>
        V.IfLess(x, V.Of(0), then, V.IfEqual(x, V.Of(0), V.IfLess(V.Of(1) / x, V.Of(0), then, otherwise), otherwise));

    // an odd function from its values for |x|: −y below 0, x itself at ±0
    static V Odd<V>(V x, V y) where V : struct, ILane<V> => V.IfLess(x, V.Of(0), -y, V.IfEqual(x, V.Of(0), x, y));

    /// <summary>log(1 + x) = log u · x/(u − 1), u the rounded 1 + x: both factors' errors cancel (Kahan, in the HP-15C).</summary>
    public static V Log1p<V>(V x) where V : struct, ILane<V>
    {
        V u = V.Of(1) + x, d = u - V.Of(1), log = V.Log(u);
        return V.IfEqual(u, V.Of(1), x, V.IfEqual(d, x, log, log * (x / d)));
    }

    /// <summary>eˣ − 1 = (u − 1) x/log u, u the rounded eˣ (Kahan, as above), for |x| &lt; 1.</summary>
    public static V Expm1<V>(V x) where V : struct, ILane<V>
    {
        V u = V.Exp(x), d = u - V.Of(1);
        return V.IfEqual(u, V.Of(1), x, V.IfLess(V.Abs(x), V.Of(1), d * x / V.Log(u), d));
    }

    /// <summary>2ˣ = exp(n c) exp(n (ln 2 − c) + r ln 2), x = n + r, 0 ≤ r &lt; 1, with a c = 355/512 so short that n c is exact.</summary>
    public static V Exp2<V>(V x) where V : struct, ILane<V>
    {
        V bounded = V.Min(V.Max(x, V.Of(-1100)), V.Of(1100)), n = V.Floor(bounded), r = bounded - n;
        return V.Exp(n * V.Of(0.693359375)) * V.Exp(n * V.Of(-2.121944400546905827679e-4) + r * V.Of(0.69314718055994530942));
    }

    /// <summary>
    /// (e/(1 + e) + e)/2, e = e^|x| − 1, with the sign of x; from 1 on h²/2 − 1/(2h²), h = e^(|x|/2), which overflows no earlier than
    /// the result.
    /// </summary>
    public static V Sinh<V>(V x) where V : struct, ILane<V>
    {
        V t = V.Abs(x), e = Expm1(t), h = V.Exp(V.Of(0.5) * t);
        return Odd(x, V.IfLess(t, V.Of(1), V.Of(0.5) * (e / (V.Of(1) + e) + e), V.Of(0.5) * h * h - V.Of(0.5) / h / h));
    }

    /// <summary>h²/2 + 1/(2h²), h = e^(|x|/2)</summary>
    public static V Cosh<V>(V x) where V : struct, ILane<V>
    {
        var h = V.Exp(V.Of(0.5) * V.Abs(x));
        return V.Of(0.5) * h * h + V.Of(0.5) / h / h;
    }

    /// <summary>log(1 + t + t²/(1 + √(1 + t²))), t = |x|, with the sign of x; log 2t where t² would overflow.</summary>
    public static V Asinh<V>(V x) where V : struct, ILane<V>
    {
        V t = V.Abs(x), small = Log1p(t + t * t / (V.Of(1) + V.Sqrt(V.Of(1) + t * t)));
        return Odd(x, V.IfLess(V.Of(1e9), t, LogTwice(t), small));
    }

    /// <summary>log(1 + u + √u √(u + 2)), u = x − 1; log 2x for large x; NaN below 1.</summary>
    public static V Acosh<V>(V x) where V : struct, ILane<V>
    {
        var u = x - V.Of(1);
        return V.IfLess(V.Of(1e9), x, LogTwice(x), Log1p(u + V.Sqrt(u) * V.Sqrt(u + V.Of(2))));
    }

    static V LogTwice<V>(V x) where V : struct, ILane<V> => V.Log(x) + V.Of(0.69314718055994530942);

    /// <summary>½ log(1 + 2t/(1 − t)), t = |x|, with the sign of x; NaN beyond ±1.</summary>
    public static V Atanh<V>(V x) where V : struct, ILane<V>
    {
        var t = V.Abs(x);
        return Odd(x, V.Of(0.5) * Log1p((t + t) / (V.Of(1) - t)));
    }

    /// <summary>
    /// atan |x| = c + atan u with u = −1/t, c = π/2 for t = |x| above tan 3π/8; u = (t − 1)/(t + 1), c = π/4 above tan π/8; u = t, c = 0
    /// (Moshier's reduction, Cephes, atan.c); atan u = u + u z R(z), z = u², R rational, fitted to 3e-18.
    /// </summary>
    public static V Atan<V>(V x) where V : struct, ILane<V>
    {
        V t = V.Abs(x), steep = V.Of(2.4142135623730950488), middle = V.Of(0.41421356237309504880);
        V u = V.IfLess(steep, t, V.Of(-1) / t, V.IfLess(middle, t, (t - V.Of(1)) / (t + V.Of(1)), t)), z = u * u;
        var p = V.Of(-0.00018082128973198716) * z + V.Of(-0.03824738627571184);
        p = p * z + V.Of(-0.2757923180975978);
        p = p * z + V.Of(-0.5576301487935013);
        p = p * z + V.Of(-0.33333333333333333);
        var q = V.Of(0.04897322121907618) * z + V.Of(0.5315034626707209);
        q = q * z + V.Of(1.7625397935501028);
        q = q * z + V.Of(2.2728904463805013);
        q = q * z + V.Of(1);
        V y = u + u * z * (p / q);
        V high = V.IfLess(steep, t, V.Of(HalfPiHigh), V.IfLess(middle, t, V.Of(HalfPiHigh / 2), V.Of(0)));
        V low = V.IfLess(steep, t, V.Of(HalfPiLow), V.IfLess(middle, t, V.Of(HalfPiLow / 2), V.Of(0)));
        return Odd(x, high + (y + low));
    }

    // π/2 as a float and the rest of it
    const double HalfPiHigh = 1.57079637050628662109375, HalfPiLow = -4.37113900018624283e-8;

    /// <summary>2 atan(x/(1 + √(1 − x²))); NaN beyond ±1.</summary>
    public static V Asin<V>(V x) where V : struct, ILane<V> => V.Of(2) * Atan(x / (V.Of(1) + V.Sqrt((V.Of(1) - x) * (V.Of(1) + x))));

    /// <summary>2 atan √((1 − x)/(1 + x)); NaN beyond ±1.</summary>
    public static V Acos<V>(V x) where V : struct, ILane<V> => V.Of(2) * Atan(V.Sqrt((V.Of(1) - x) / (V.Of(1) + x)));

    /// <summary>The angle of the point (x, y), in [−π, π], as IEEE 754's atan2: atan of the smaller size over the larger, in its octant.</summary>
    public static V Atan2<V>(V y, V x) where V : struct, ILane<V>
    {
        V ax = V.Abs(x), ay = V.Abs(y), high = V.Max(ax, ay), low = V.Min(ax, ay);
        var angle = Atan(V.IfEqual(high, V.Of(0), V.Of(0), V.IfEqual(high, low, V.Of(1), low / high)));
        angle = V.IfLess(ax, ay, V.Of(HalfPiHigh) - (angle - V.Of(HalfPiLow)), angle);
        angle = IfNegative(x, V.Of(2 * HalfPiHigh) - (angle - V.Of(2 * HalfPiLow)), angle);
        return IfNegative(y, -angle, angle);
    }

    /// <summary>√(x² + y²) = h √(1 + (l/h)²), h the larger size; ∞ where either is, even beside NaN.</summary>
    public static V Hypot<V>(V x, V y) where V : struct, ILane<V>
    {
        V ax = V.Abs(x), ay = V.Abs(y), high = V.Max(ax, ay), ratio = V.Min(ax, ay) / high, infinity = V.Of(double.PositiveInfinity);
        var finite = V.IfEqual(high, V.Of(0), high, high * V.Sqrt(V.Of(1) + ratio * ratio));
        return V.IfEqual(ax, infinity, ax, V.IfEqual(ay, infinity, ay, finite));
    }

    /// <summary>The whole number nearest to 0 that is within 1 of x.</summary>
    public static V Truncate<V>(V x) where V : struct, ILane<V> => V.IfLess(x, V.Of(0), -V.Floor(-x), V.Floor(x));

    /// <summary>The nearest whole number, the even one of two.</summary>
    public static V Round<V>(V x) where V : struct, ILane<V>
    {
        V t = V.Abs(x), floor = V.Floor(t), rest = t - floor, half = V.Of(0.5), above = floor + V.Of(1);
        var tie = V.IfEqual(V.Floor(floor * half), floor * half, floor, above);
        return Odd(x, V.IfLess(rest, half, floor, V.IfLess(half, rest, above, tie)));
    }

    /// <summary>x less the nearest whole number, exactly: what a function of period 1 needs to know.</summary>
    public static V Period<V>(V x) where V : struct, ILane<V> => x - V.Floor(x + V.Of(0.5));
}
