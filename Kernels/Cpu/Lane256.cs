using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NanoAttention.Kernels.Cpu;

/// <summary>A lane of 256 bits: eight floats or four doubles (AVX2).</summary>
public readonly unsafe struct Lane256<T>(Vector256<T> value) : ISimd<Lane256<T>, T> where T : unmanaged
{
    internal readonly Vector256<T> Value = value;

    public static int Count => Vector256<T>.Count;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Of(double c) =>
        typeof(T) == typeof(float) ? new(Vector256.Create((float)c).As<float, T>()) : new(Vector256.Create(c).As<double, T>());
    public static Lane256<T> Broadcast(T x) => new(Vector256.Create(x));
    public static Lane256<T> Load(View<T> x, int i) => new(Vector256.Load(&x.Pointer[i]));
    public static void Store(Lane256<T> v, View<T> x, int i) => v.Value.Store(&x.Pointer[i]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Lane256<T> LoadPart(View<T> x, int i, int count, T fill)
    {
        int half = Lane128<T>.Count;
        var lower = count < half ? Lane128<T>.LoadPart(x, i, count, fill) : Lane128<T>.Load(x, i);
        var upper = count <= half ? Lane128<T>.Broadcast(fill) : Lane128<T>.LoadPart(x, i + half, count - half, fill);
        return new(Vector256.Create(lower.Value, upper.Value));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void StorePart(Lane256<T> v, View<T> x, int i, int count)
    {
        int half = Lane128<T>.Count;
        Lane128<T> lower = new(v.Value.GetLower()), upper = new(v.Value.GetUpper());
        if (count < half) Lane128<T>.StorePart(lower, x, i, count); else Lane128<T>.Store(lower, x, i);
        if (count > half) Lane128<T>.StorePart(upper, x, i + half, count - half);
    }

    public static Lane256<T> operator +(Lane256<T> a, Lane256<T> b) => new(a.Value + b.Value);
    public static Lane256<T> operator -(Lane256<T> a, Lane256<T> b) => new(a.Value - b.Value);
    public static Lane256<T> operator *(Lane256<T> a, Lane256<T> b) => new(a.Value * b.Value);
    public static Lane256<T> operator /(Lane256<T> a, Lane256<T> b) => new(a.Value / b.Value);
    public static Lane256<T> operator -(Lane256<T> a) => new(-a.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> MulAdd(Lane256<T> a, Lane256<T> b, Lane256<T> c) => typeof(T) == typeof(float)
        ? new(Vector256.MultiplyAddEstimate(a.Value.AsSingle(), b.Value.AsSingle(), c.Value.AsSingle()).As<float, T>())
        : new(Vector256.MultiplyAddEstimate(a.Value.AsDouble(), b.Value.AsDouble(), c.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Head(Lane256<T> x, int count) => typeof(T) == typeof(float)
        ? new((x.Value.AsInt32() & Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count))).As<int, T>())
        : new((x.Value.AsInt64() & Vector256.LessThan(Vector256<long>.Indices, Vector256.Create((long)count))).As<long, T>());

    public static Lane256<T> Abs(Lane256<T> x) => new(Vector256.Abs(x.Value));
    public static Lane256<T> Sqrt(Lane256<T> x) => new(Vector256.Sqrt(x.Value));
    public static Lane256<T> Larger(Lane256<T> x, Lane256<T> y) => new(Vector256.MaxNative(x.Value, y.Value));
    public static Lane256<T> Max(Lane256<T> x, Lane256<T> y) => new(Vector256.Max(x.Value, y.Value));
    public static Lane256<T> Min(Lane256<T> x, Lane256<T> y) => new(Vector256.Min(x.Value, y.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Floor(Lane256<T> x) => typeof(T) == typeof(float)
        ? new(Vector256.Floor(x.Value.AsSingle()).As<float, T>())
        : new(Vector256.Floor(x.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> IfLess(Lane256<T> x, Lane256<T> y, Lane256<T> then, Lane256<T> otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.LessThan(x.Value, y.Value), then.Value, otherwise.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> IfEqual(Lane256<T> x, Lane256<T> y, Lane256<T> then, Lane256<T> otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.Equals(x.Value, y.Value), then.Value, otherwise.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Lane256<T> x) => Lane128<T>.Sum(new(x.Value.GetLower() + x.Value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Largest(Lane256<T> x) =>
        Lane128<T>.Largest(Lane128<T>.Max(new(x.Value.GetLower()), new(x.Value.GetUpper())));

    public static T Peak(Lane256<T> x) => Lane128<T>.Peak(Lane128<T>.Larger(new(x.Value.GetLower()), new(x.Value.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Exp(Lane256<T> x) => typeof(T) == typeof(float) ? From(Exp(Floats(x))) : LaneMath.Exp<Lane256<T>, T>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Log(Lane256<T> x) =>
        typeof(T) == typeof(float) ? From(RegisterMath.Log<Floats256, Vector256<float>>(Floats(x))) : LaneMath.Log<Lane256<T>, T>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Sin(Lane256<T> x)
    {
        if (!LaneMath.InRegisters<T>()) return LaneMath.Sin<Lane256<T>, T>(x);
        var y = IfEqual(x, Of(0), x, From(RegisterMath.Wave<Floats256, Vector256<float>>(Floats(x), 0)));      // sin −0 = −0
        return AnyBeyond(x) ? LaneMath.SinBeyond<Lane256<T>, T>(x, y) : y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Cos(Lane256<T> x)
    {
        if (!LaneMath.InRegisters<T>()) return LaneMath.Cos<Lane256<T>, T>(x);
        var y = From(RegisterMath.Wave<Floats256, Vector256<float>>(Floats(x), 1));
        return AnyBeyond(x) ? LaneMath.CosBeyond<Lane256<T>, T>(x, y) : y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Tanh(Lane256<T> x) =>
        LaneMath.InRegisters<T>() ? From(RegisterMath.Tanh<Floats256, Vector256<float>>(Floats(x))) : LaneMath.Tanh<Lane256<T>, T>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Sigmoid(Lane256<T> x)
    {
        if (typeof(T) == typeof(double)) return Of(1) / (Of(1) + Exp(-x));
        var v = Floats(x);
        return From(RegisterMath.Sigmoid<Floats256, Vector256<float>>(v, Exp(-Vector256.Abs(v))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Erf(Lane256<T> x) =>
        LaneMath.InRegisters<T>() ? From(RegisterMath.Erf<Floats256, Vector256<float>>(Floats(x))) : LaneMath.Erf<Lane256<T>, T>(x);

    public static Lane256<T> Pow(Lane256<T> x, Lane256<T> y) => LaneMath.Pow<Lane256<T>, T>(x, y);
    public static Lane256<T> Rem(Lane256<T> x, Lane256<T> y) => LaneMath.Rem<Lane256<T>, T>(x, y);

    static Vector256<float> Floats(Lane256<T> x) => x.Value.AsSingle();
    static Lane256<T> From(Vector256<float> x) => new(x.As<float, T>());
    static bool AnyBeyond(Lane256<T> x) =>
        Vector256.GreaterThanAny(Vector256.Abs(Floats(x)), Vector256.Create((float)RegisterMath.WaveLimit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> Exp(Vector256<float> x) => RegisterMath.Exp<Floats256, Vector256<float>>(x);
}
