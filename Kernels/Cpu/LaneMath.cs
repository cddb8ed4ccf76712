using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace NanoAttention.Kernels.Cpu;

/// <summary>What the shared formulas ask of a lane of floats beside arithmetic: its exponents.</summary>
interface IScaled<V> where V : struct
{
    /// <summary>x 2ⁿ for whole n from −252 to 254, rounded once.</summary>
    static abstract V Scale(V x, V n);

    /// <summary>x = fraction · 2^exponent with √½ ≤ fraction &lt; √2, for normal positive x.</summary>
    static abstract (V Fraction, V Exponent) Split(V x);

    static abstract bool AnyAbove(V x, V bound);

    /// <summary>The nearest number to x between low and high; NaN stays NaN.</summary>
    static abstract V Clamp(V x, V low, V high);

    /// <summary>x/y within an ulp, where y and 1/y are normal numbers: cheaper than a division where the hardware estimates 1/y.</summary>
    static abstract V Quotient(V x, V y);
}

/// <summary>
/// The elementary functions, once for every width. For float they are polynomials and rationals in the lane's own arithmetic;
/// for double the scalar library's, number by number: doubles serve proof, where the last bit counts for more than the time.
/// A number's result never depends on its neighbours. Processors that cannot multiply and add in one rounding (x86 before 2013) take
/// the scalar library's sine, cosine, tanh and erf: the float formulas lose digits there.
/// </summary>
static unsafe class LaneMath
{
    /// <summary>The bits of √½ as a float.</summary>
    public const int FractionStart = 0x3f3504f3;

    static bool Fused => Fma.IsSupported || AdvSimd.IsSupported;

    /// <summary>
    /// exp x = 2ⁿ exp r, |r| ≤ ½ ln 2, by Moshier's polynomial of degree 6 (Cephes, expf.c). What is too small for any number is 0 before
    /// it is scaled: scaling that underflows traps into microcode, some 150 cycles for each register of masked scores.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V, T>(V x) where V : struct, ISimd<V, T>, IScaled<V> where T : unmanaged
    {
        if (typeof(T) == typeof(double)) return Each<V, T, ExpOf>(x);
        const double round = 3 << 22;   // added to a small number, it leaves no bits behind the point
        x = V.Clamp(x, V.Of(-104), V.Of(89));
        var n = V.MulAdd(x, V.Of(1.44269504088896341), V.Of(round)) - V.Of(round);
        var r = V.MulAdd(n, V.Of(2.12194440e-4), V.MulAdd(n, V.Of(-0.693359375), x));
        var p = V.MulAdd(V.Of(1.9875691500e-4), r, V.Of(1.3981999507e-3));
        p = V.MulAdd(p, r, V.Of(8.3334519073e-3));
        p = V.MulAdd(p, r, V.Of(4.1665795894e-2));
        p = V.MulAdd(p, r, V.Of(1.6666665459e-1));
        p = V.MulAdd(p, r, V.Of(5.0000001201e-1));
        return V.Scale(V.IfLess(x, V.Of(-103.98), V.Of(0), V.MulAdd(p, r * r, r) + V.Of(1)), n);
    }

    /// <summary>log x = e ln 2 + log(1 + r), x = (1 + r) 2ᵉ, by Moshier's polynomial of degree 9 (Cephes, logf.c).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log<V, T>(V x) where V : struct, ISimd<V, T>, IScaled<V> where T : unmanaged
    {
        if (typeof(T) == typeof(double)) return Each<V, T, LogOf>(x);
        V zero = V.Of(0), smallest = V.Of(1.17549435e-38), infinity = V.Of(double.PositiveInfinity);
        var (fraction, e) = V.Split(V.IfLess(x, smallest, x * V.Of(1 << 25), x));
        e = V.IfLess(x, smallest, e - V.Of(25), e);
        var r = fraction - V.Of(1);
        var p = V.MulAdd(V.Of(7.0376836292e-2), r, V.Of(-1.1514610310e-1));
        p = V.MulAdd(p, r, V.Of(1.1676998740e-1));
        p = V.MulAdd(p, r, V.Of(-1.2420140846e-1));
        p = V.MulAdd(p, r, V.Of(1.4249322787e-1));
        p = V.MulAdd(p, r, V.Of(-1.6668057665e-1));
        p = V.MulAdd(p, r, V.Of(2.0000714765e-1));
        p = V.MulAdd(p, r, V.Of(-2.4999993993e-1));
        p = V.MulAdd(p, r, V.Of(3.3333331174e-1));
        var square = r * r;
        var y = V.MulAdd(e, V.Of(-2.12194440e-4), p * r * square);
        y = V.MulAdd(e, V.Of(0.693359375), r + V.MulAdd(square, V.Of(-0.5), y));
        y = V.IfLess(x, infinity, y, x);
        return V.IfLess(zero, x, y, V.IfEqual(x, zero, -infinity, V.IfLess(x, zero, V.Of(double.NaN), x)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sin<V, T>(V x) where V : struct, ISimd<V, T>, IScaled<V> where T : unmanaged
    {
        if (typeof(T) == typeof(double) || !Fused) return Each<V, T, SinOf>(x);
        var y = Wave<V, T>(x, V.Of(0));
        return V.AnyAbove(V.Abs(x), V.Of(WaveLimit)) ? Beyond<V, T, SinOf>(x, y) : y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Cos<V, T>(V x) where V : struct, ISimd<V, T>, IScaled<V> where T : unmanaged
    {
        if (typeof(T) == typeof(double) || !Fused) return Each<V, T, CosOf>(x);
        var y = Wave<V, T>(x, V.Of(1));
        return V.AnyAbove(V.Abs(x), V.Of(WaveLimit)) ? Beyond<V, T, CosOf>(x, y) : y;
    }

    /// <summary>tanh x as an odd rational of degree 13 over 6 (Eigen, ptanh); tanh x = x where the rational would lose denormals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V, T>(V x) where V : struct, ISimd<V, T>, IScaled<V> where T : unmanaged
    {
        if (typeof(T) == typeof(double) || !Fused) return Each<V, T, TanhOf>(x);
        var c = V.Clamp(x, V.Of(-7.99881172180175781), V.Of(7.99881172180175781));
        var z = c * c;
        var p = V.MulAdd(V.Of(-2.76076847742355e-16), z, V.Of(2.00018790482477e-13));
        p = V.MulAdd(p, z, V.Of(-8.60467152213735e-11));
        p = V.MulAdd(p, z, V.Of(5.12229709037114e-08));
        p = V.MulAdd(p, z, V.Of(1.48572235717979e-05));
        p = V.MulAdd(p, z, V.Of(6.37261928875436e-04));
        p = V.MulAdd(p, z, V.Of(4.89352455891786e-03));
        var q = V.MulAdd(V.Of(1.19825839466702e-06), z, V.Of(1.18534705686654e-04));
        q = V.MulAdd(q, z, V.Of(2.26843463243900e-03));
        q = V.MulAdd(q, z, V.Of(4.89352518554385e-03));
        return V.IfLess(V.Abs(x), V.Of(0.0004), x, V.Clamp(V.Quotient(c * p, q), V.Of(-1), V.Of(1)));
    }

    /// <summary>erf x as an odd rational of degree 11 over 10 (Eigen, erf), which rounds to 1 from 4 on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Erf<V, T>(V x) where V : struct, ISimd<V, T>, IScaled<V> where T : unmanaged
    {
        if (typeof(T) == typeof(double) || !Fused) return Each<V, T, ErfOf>(x);
        var c = V.Clamp(x, V.Of(-4), V.Of(4));
        var z = c * c;
        var p = V.MulAdd(V.Of(2.123732201653183437883853912353515625e-06), z, V.Of(2.861979592125862836837768554687500000e-04));
        p = V.MulAdd(p, z, V.Of(3.658048342913389205932617187500000000e-03));
        p = V.MulAdd(p, z, V.Of(5.243302136659622192382812500000000000e-02));
        p = V.MulAdd(p, z, V.Of(1.874160766601562500000000000000000000e-01));
        p = V.MulAdd(p, z, V.Of(1.128379106521606445312500000000000000e+00));
        var q = V.MulAdd(V.Of(3.89185734093189239501953125e-05), z, V.Of(1.14329601638019084930419921875e-03));
        q = V.MulAdd(q, z, V.Of(1.47520881146192550659179687500e-02));
        q = V.MulAdd(q, z, V.Of(1.12945675849914550781250000e-01));
        q = V.MulAdd(q, z, V.Of(4.99425798654556274414062500e-01));
        return V.Clamp(V.Quotient(c * p, V.MulAdd(q, z, V.Of(1))), V.Of(-1), V.Of(1));
    }

    /// <summary>
    /// xʸ by the scalar library in double precision, number by number, for float too: exp(y log x) in floats would lose as many bits as
    /// y log x has before its point.
    /// </summary>
    public static V Pow<V, T>(V x, V y) where V : struct, ISimd<V, T> where T : unmanaged => EachPair<V, T, PowOf>(x, y);

    /// <summary>The remainder of doubles, which is exact: the remainder of floats is a float.</summary>
    public static V Rem<V, T>(V x, V y) where V : struct, ISimd<V, T> where T : unmanaged => EachPair<V, T, RemOf>(x, y);

    // the largest |x| whose multiple of π/2 is still subtracted exactly
    const double WaveLimit = 65536;

    /// <summary>
    /// sin(x + shift π/2): x = q π/2 + r, |r| ≤ π/4, with π/2 in three parts (Cody and Waite, 1980), then the sine or cosine
    /// polynomial of r by the quadrant q + shift (Cephes, sinf.c).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Wave<V, T>(V x, V shift) where V : struct, ISimd<V, T> where T : unmanaged
    {
        var q = V.Floor(V.MulAdd(x, V.Of(0.63661977236758134), V.Of(0.5)));
        var r = V.MulAdd(q, V.Of(-1.57079637050628662109375), x);
        r = V.MulAdd(q, V.Of(4.37113900018624283e-8), r);
        r = V.MulAdd(q, V.Of(1.71512451306310e-15), r);
        var z = r * r;
        var sine = V.MulAdd(V.MulAdd(V.Of(-1.9515295891e-4), z, V.Of(8.3321608736e-3)), z, V.Of(-1.6666654611e-1));
        sine = V.MulAdd(sine * z, r, r);
        var cosine = V.MulAdd(V.MulAdd(V.Of(2.443315711809948e-5), z, V.Of(-1.388731625493765e-3)), z, V.Of(4.166664568298827e-2));
        cosine = V.MulAdd(cosine, z * z, V.MulAdd(z, V.Of(-0.5), V.Of(1)));
        q += shift;
        var quadrant = q - V.Of(4) * V.Floor(q * V.Of(0.25));
        var odd = quadrant - V.Of(2) * V.Floor(quadrant * V.Of(0.5));
        var y = V.IfEqual(odd, V.Of(0), sine, cosine);
        return V.IfLess(quadrant, V.Of(2), y, -y);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static V Each<V, T, F>(V x) where V : struct, ISimd<V, T> where T : unmanaged where F : struct, IFunction
    {
        T* numbers = stackalloc T[V.Count];
        View<T> view = new(numbers, V.Count);
        V.Store(x, view, 0);
        for (int k = 0; k < V.Count; k++) numbers[k] = Number.Of<T>(default(F).At(Number.Double(numbers[k])));
        return V.Load(view, 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static V EachPair<V, T, F>(V x, V y) where V : struct, ISimd<V, T> where T : unmanaged where F : struct, IFunctionOfTwo
    {
        T* first = stackalloc T[V.Count], second = stackalloc T[V.Count];
        View<T> view = new(first, V.Count);
        V.Store(x, view, 0);
        V.Store(y, new(second, V.Count), 0);
        for (int k = 0; k < V.Count; k++) first[k] = Number.Of<T>(default(F).At(Number.Double(first[k]), Number.Double(second[k])));
        return V.Load(view, 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static V Beyond<V, T, F>(V x, V y) where V : struct, ISimd<V, T> where T : unmanaged where F : struct, IFunction =>
        V.IfLess(V.Of(WaveLimit), V.Abs(x), Each<V, T, F>(x), y);

    interface IFunction { double At(double x); }
    readonly struct ExpOf : IFunction { public double At(double x) => Math.Exp(x); }
    readonly struct LogOf : IFunction { public double At(double x) => Math.Log(x); }
    readonly struct SinOf : IFunction { public double At(double x) => Math.Sin(x); }
    readonly struct CosOf : IFunction { public double At(double x) => Math.Cos(x); }
    readonly struct TanhOf : IFunction { public double At(double x) => Math.Tanh(x); }
    readonly struct ErfOf : IFunction { public double At(double x) => Special.Erf(x); }

    interface IFunctionOfTwo { double At(double x, double y); }
    readonly struct PowOf : IFunctionOfTwo { public double At(double x, double y) => Math.Pow(x, y); }
    readonly struct RemOf : IFunctionOfTwo { public double At(double x, double y) => x % y; }
}
