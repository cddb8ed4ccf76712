using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// The elementary functions that a lane takes from the scalar library, number by number: those of doubles, which serve proof, where the
/// last bit counts for more than the time; and powers and remainders of floats too. A number's result never depends on its neighbours.
/// Processors that cannot multiply and add in one rounding (x86 before 2013) take the library's sine, cosine, tanh and erf of floats:
/// the formulas of <see cref="RegisterMath"/> lose digits there.
/// </summary>
static unsafe class LaneMath
{
    /// <summary>Whether sine, cosine, tanh and erf of T are formulas on registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool InRegisters<T>() => typeof(T) == typeof(float) && (Fma.IsSupported || AdvSimd.IsSupported);

    public static V Exp<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => Each<V, T, ExpOf>(x);
    public static V Log<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => Each<V, T, LogOf>(x);
    public static V Sin<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => Each<V, T, SinOf>(x);
    public static V Cos<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => Each<V, T, CosOf>(x);
    public static V Tanh<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => Each<V, T, TanhOf>(x);
    public static V Erf<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => Each<V, T, ErfOf>(x);

    /// <summary>
    /// xʸ by the scalar library in double precision, for float too: exp(y log x) in floats would lose as many bits as y log x has before
    /// its point.
    /// </summary>
    public static V Pow<V, T>(V x, V y) where V : struct, ISimd<V, T> where T : unmanaged => EachPair<V, T, PowOf>(x, y);

    /// <summary>The remainder of doubles, which is exact: the remainder of floats is a float.</summary>
    public static V Rem<V, T>(V x, V y) where V : struct, ISimd<V, T> where T : unmanaged => EachPair<V, T, RemOf>(x, y);

    /// <summary>sin x where |x| is too large for <see cref="RegisterMath.Wave"/>, else y.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V SinBeyond<V, T>(V x, V y) where V : struct, ISimd<V, T> where T : unmanaged => Beyond<V, T, SinOf>(x, y);

    /// <summary>cos x where |x| is too large for <see cref="RegisterMath.Wave"/>, else y.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V CosBeyond<V, T>(V x, V y) where V : struct, ISimd<V, T> where T : unmanaged => Beyond<V, T, CosOf>(x, y);

    static V Beyond<V, T, F>(V x, V y) where V : struct, ISimd<V, T> where T : unmanaged where F : struct, IFunction =>
        V.IfLess(V.Of(RegisterMath.WaveLimit), V.Abs(x), Each<V, T, F>(x), y);

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
