using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// The elementary functions of floats: polynomials and rationals in the arithmetic O of a register R, once for every width. The stated
/// errors are bounds over all floats, special values included, which AccuracyTests measures.
/// </summary>
static class RegisterMath
{
    /// <summary>The bits of √½ as a float.</summary>
    public const int FractionStart = 0x3f3504f3;

    // ln 2 in two parts, the first so short that n times it is exact; exp of −104 rounds to 0, exp of 89 to ∞
    const double Ln2High = 0.693359375, Ln2Low = -2.121944400546905827679e-4, Lowest = -104, Highest = 89;

    /// <summary>
    /// exp x = 2ⁿ exp r, |r| ≤ ½ ln 2, by Moshier's polynomial of degree 6 (Cephes, expf.c), within an ulp. What is too small for any
    /// number is 0 before it is scaled: scaling that underflows traps into microcode, some 150 cycles for each register of masked scores.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static R Exp<O, R>(R x) where O : struct, IFloats<R> where R : struct
    {
        var round = O.Of(3 << 22);   // added to a small number, it leaves no bits behind the point
        x = O.Clamp(x, Lowest, Highest);
        var n = O.Subtract(O.MulAdd(x, O.Of(1.44269504088896341), round), round);
        var r = O.MulAdd(n, O.Of(-Ln2Low), O.MulAdd(n, O.Of(-Ln2High), x));
        var p = O.MulAdd(r, O.Of(1.9875691500e-4), O.Of(1.3981999507e-3));
        p = O.MulAdd(p, r, O.Of(8.3334519073e-3));
        p = O.MulAdd(p, r, O.Of(4.1665795894e-2));
        p = O.MulAdd(p, r, O.Of(1.6666665459e-1));
        p = O.MulAdd(p, r, O.Of(5.0000001201e-1));
        var y = O.Add(O.MulAdd(p, O.Multiply(r, r), r), O.Of(1));
        return O.Scale(O.IfLess(x, O.Of(-103.98), O.Of(0), y), n);
    }

    /// <summary>
    /// exp x = 2ⁿ 2^(j/16) exp r, |r| ≤ ln 2/32, with the sixteen powers in a register (AVX-512) and three terms of the series of exp r
    /// behind 1: within 1.1 ulp. Results that may be too small for all their bits, below −87, would trap into microcode as they are scaled,
    /// some 150 cycles a register. They are counted in units of the smallest number, 2⁻¹⁴⁹, instead: the count is just what their bits are.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ExpByTable(Vector512<float> x)
    {
        var round = Vector512.Create((float)(3 << 18));   // leaves four bits behind the point: n and j
        var powers = Vector512.Create(
            1f, 1.0442737824f, 1.0905077327f, 1.1387886348f, 1.1892071150f, 1.2418578121f, 1.2968395547f, 1.3542555469f,
            1.4142135624f, 1.4768261459f, 1.5422108254f, 1.6104903319f, 1.6817928305f, 1.7562521604f, 1.8340080864f, 1.9152065614f);
        x = Vector512.MinNative(Vector512.Create((float)Highest), x);      // NaN stays
        var m = Avx512F.FusedMultiplyAdd(x, Vector512.Create(1.44269504088896341f), round);
        var n = m - round;
        var r = Avx512F.FusedMultiplyAddNegated(n, Vector512.Create((float)Ln2High), x);
        r = Avx512F.FusedMultiplyAddNegated(n, Vector512.Create((float)Ln2Low), r);
        var power = Avx512F.PermuteVar16x32(powers, m.AsInt32());
        var p = Avx512F.FusedMultiplyAdd(r, Vector512.Create(1 / 6f), Vector512.Create(0.5f));
        p = Avx512F.FusedMultiplyAdd(p, r * r, r);
        var y = Avx512F.FusedMultiplyAdd(power, p, power);
        var few = Vector512.Create(-87f);
        if (!Vector512.LessThanAny(x, few)) return Avx512F.Scale(y, n);     // by 2 to the largest whole number that n reaches
        y = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create((float)Lowest)), Vector512<float>.Zero, y);
        y = Avx512F.Scale(y, Vector512.ConditionalSelect(Vector512.LessThan(x, few), n + Vector512.Create(149f), n));
        return Vector512.ConditionalSelect(Vector512.LessThan(x, few), Avx512F.ConvertToVector512Int32(y).AsSingle(), y);
    }

    /// <summary>log x = e ln 2 + log(1 + r), x = (1 + r) 2ᵉ, by Moshier's polynomial of degree 9 (Cephes, logf.c), within an ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static R Log<O, R>(R x) where O : struct, IFloats<R> where R : struct
    {
        R zero = O.Of(0), smallest = O.Of(1.17549435e-38), infinity = O.Of(double.PositiveInfinity);
        // what is smaller than any normal number is scaled up first
        var (fraction, e) = O.Split(O.IfLess(x, smallest, O.Multiply(x, O.Of(1 << 25)), x));
        e = O.IfLess(x, smallest, O.Subtract(e, O.Of(25)), e);
        var r = O.Subtract(fraction, O.Of(1));
        var p = O.MulAdd(r, O.Of(7.0376836292e-2), O.Of(-1.1514610310e-1));
        p = O.MulAdd(p, r, O.Of(1.1676998740e-1));
        p = O.MulAdd(p, r, O.Of(-1.2420140846e-1));
        p = O.MulAdd(p, r, O.Of(1.4249322787e-1));
        p = O.MulAdd(p, r, O.Of(-1.6668057665e-1));
        p = O.MulAdd(p, r, O.Of(2.0000714765e-1));
        p = O.MulAdd(p, r, O.Of(-2.4999993993e-1));
        p = O.MulAdd(p, r, O.Of(3.3333331174e-1));
        var square = O.Multiply(r, r);
        var y = O.MulAdd(e, O.Of(Ln2Low), O.Multiply(O.Multiply(p, r), square));
        y = O.MulAdd(e, O.Of(Ln2High), O.Add(r, O.MulAdd(square, O.Of(-0.5), y)));
        y = O.IfLess(x, infinity, y, x);
        var minus = O.Of(double.NegativeInfinity);
        return O.IfLess(zero, x, y, O.IfEqual(x, zero, minus, O.IfLess(x, zero, O.Of(double.NaN), x)));
    }

    /// <summary>σ(x) = 1/(1 + e) for x ≥ 0, e/(1 + e) below, e = exp −|x|, given: within 3 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static R Sigmoid<O, R>(R x, R e) where O : struct, IFloats<R> where R : struct =>
        O.Divide(O.IfLess(x, O.Of(0), e, O.Of(1)), O.Add(e, O.Of(1)));

    /// <summary>
    /// tanh x as an odd rational of degree 13 over 6 (Eigen, ptanh), within 6 ulp; it reaches ±1 where x is clamped, and nowhere more.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static R Tanh<O, R>(R x) where O : struct, IFloats<R> where R : struct
    {
        var c = O.Clamp(x, -7.99881172180175781, 7.99881172180175781);
        var z = O.Multiply(c, c);
        var p = O.MulAdd(z, O.Of(-2.76076847742355e-16), O.Of(2.00018790482477e-13));
        p = O.MulAdd(p, z, O.Of(-8.60467152213735e-11));
        p = O.MulAdd(p, z, O.Of(5.12229709037114e-08));
        p = O.MulAdd(p, z, O.Of(1.48572235717979e-05));
        p = O.MulAdd(p, z, O.Of(6.37261928875436e-04));
        p = O.MulAdd(p, z, O.Of(4.89352518554385e-03));
        var q = O.MulAdd(z, O.Of(1.19825839466702e-06), O.Of(1.18534705686654e-04));
        q = O.MulAdd(q, z, O.Of(2.26843463243900e-03));
        q = O.MulAdd(q, z, O.Of(4.89352518554385e-03));
        return O.Multiply(c, O.Divide(p, q));
    }

    /// <summary>erf x as an odd rational of degree 11 over 10 (Eigen, erf), which rounds to 1 from 4 on: within 7 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static R Erf<O, R>(R x) where O : struct, IFloats<R> where R : struct
    {
        var c = O.Clamp(x, -4, 4);
        var z = O.Multiply(c, c);
        var p = O.MulAdd(z, O.Of(2.123732201653183437883853912353515625e-06), O.Of(2.861979592125862836837768554687500000e-04));
        p = O.MulAdd(p, z, O.Of(3.658048342913389205932617187500000000e-03));
        p = O.MulAdd(p, z, O.Of(5.243302136659622192382812500000000000e-02));
        p = O.MulAdd(p, z, O.Of(1.874160766601562500000000000000000000e-01));
        p = O.MulAdd(p, z, O.Of(1.128379106521606445312500000000000000e+00));
        var q = O.MulAdd(z, O.Of(3.89185734093189239501953125e-05), O.Of(1.14329601638019084930419921875e-03));
        q = O.MulAdd(q, z, O.Of(1.47520881146192550659179687500e-02));
        q = O.MulAdd(q, z, O.Of(1.12945675849914550781250000e-01));
        q = O.MulAdd(q, z, O.Of(4.99425798654556274414062500e-01));
        return O.Clamp(O.Multiply(c, O.Divide(p, O.MulAdd(q, z, O.Of(1)))), -1, 1);
    }

    /// <summary>The largest |x| whose multiple of π/2 is still subtracted exactly.</summary>
    public const double WaveLimit = 65536;

    /// <summary>
    /// sin(x + shift π/2) for |x| ≤ <see cref="WaveLimit"/>: x = q π/2 + r, |r| ≤ π/4, with π/2 in three parts (Cody and Waite, 1980), then
    /// the sine or cosine polynomial of r by the quadrant q + shift (Cephes, sinf.c): within 2 ulp.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static R Wave<O, R>(R x, double shift) where O : struct, IFloats<R> where R : struct
    {
        var q = O.Floor(O.MulAdd(x, O.Of(0.63661977236758134), O.Of(0.5)));
        var r = O.MulAdd(q, O.Of(-1.57079637050628662109375), x);
        r = O.MulAdd(q, O.Of(4.37113900018624283e-8), r);
        r = O.MulAdd(q, O.Of(1.71512451306310e-15), r);
        var z = O.Multiply(r, r);
        var sine = O.MulAdd(O.MulAdd(z, O.Of(-1.9515295891e-4), O.Of(8.3321608736e-3)), z, O.Of(-1.6666654611e-1));
        sine = O.MulAdd(O.Multiply(sine, z), r, r);
        var cosine = O.MulAdd(O.MulAdd(z, O.Of(2.443315711809948e-5), O.Of(-1.388731625493765e-3)), z, O.Of(4.166664568298827e-2));
        cosine = O.MulAdd(cosine, O.Multiply(z, z), O.MulAdd(z, O.Of(-0.5), O.Of(1)));
        q = O.Add(q, O.Of(shift));
        var quadrant = O.MulAdd(O.Floor(O.Multiply(q, O.Of(0.25))), O.Of(-4), q);
        var odd = O.MulAdd(O.Floor(O.Multiply(quadrant, O.Of(0.5))), O.Of(-2), quadrant);
        var y = O.IfEqual(odd, O.Of(0), sine, cosine);
        return O.IfLess(quadrant, O.Of(2), y, O.Subtract(O.Of(0), y));
    }
}
