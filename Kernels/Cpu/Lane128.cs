using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NanoAttention.Kernels.Cpu;

/// <summary>A lane of 128 bits: four floats or two doubles (SSE, Arm).</summary>
public readonly unsafe struct Lane128<T>(Vector128<T> value) : ISimd<Lane128<T>, T> where T : unmanaged
{
    internal readonly Vector128<T> Value = value;

    public static int Count => Vector128<T>.Count;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Of(double c) =>
        typeof(T) == typeof(float) ? new(Vector128.Create((float)c).As<float, T>()) : new(Vector128.Create(c).As<double, T>());
    public static Lane128<T> Broadcast(T x) => new(Vector128.Create(x));
    public static Lane128<T> Load(View<T> x, int i) => new(Vector128.Load(&x.Pointer[i]));
    public static void Store(Lane128<T> v, View<T> x, int i) => v.Value.Store(&x.Pointer[i]);

    public static Lane128<T> LoadPart(View<T> x, int i, int count, T fill)
    {
        if (Avx.IsSupported && typeof(T) == typeof(float))
        {
            var inside = FloatMask(count);
            return new(Vector128.ConditionalSelect(
                inside.As<float, T>(), Avx.MaskLoad((float*)&x.Pointer[i], inside).As<float, T>(), Vector128.Create(fill)));
        }
        var v = Vector128.Create(fill);
        for (int k = 0; k < count; k++) ((T*)&v)[k] = x.Pointer[i + k];
        return new(v);
    }

    public static void StorePart(Lane128<T> v, View<T> x, int i, int count)
    {
        if (Avx.IsSupported && typeof(T) == typeof(float))
        {
            Avx.MaskStore((float*)&x.Pointer[i], FloatMask(count), v.Value.AsSingle());
            return;
        }
        for (int k = 0; k < count; k++) x.Pointer[i + k] = v.Value.GetElement(k);
    }

    public static Lane128<T> operator +(Lane128<T> a, Lane128<T> b) => new(a.Value + b.Value);
    public static Lane128<T> operator -(Lane128<T> a, Lane128<T> b) => new(a.Value - b.Value);
    public static Lane128<T> operator *(Lane128<T> a, Lane128<T> b) => new(a.Value * b.Value);
    public static Lane128<T> operator /(Lane128<T> a, Lane128<T> b) => new(a.Value / b.Value);
    public static Lane128<T> operator -(Lane128<T> a) => new(-a.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> MulAdd(Lane128<T> a, Lane128<T> b, Lane128<T> c) => typeof(T) == typeof(float)
        ? new(Vector128.MultiplyAddEstimate(a.Value.AsSingle(), b.Value.AsSingle(), c.Value.AsSingle()).As<float, T>())
        : new(Vector128.MultiplyAddEstimate(a.Value.AsDouble(), b.Value.AsDouble(), c.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Head(Lane128<T> x, int count) => typeof(T) == typeof(float)
        ? new((x.Value.AsInt32() & Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count))).As<int, T>())
        : new((x.Value.AsInt64() & Vector128.LessThan(Vector128<long>.Indices, Vector128.Create((long)count))).As<long, T>());

    public static Lane128<T> Abs(Lane128<T> x) => new(Vector128.Abs(x.Value));
    public static Lane128<T> Sqrt(Lane128<T> x) => new(Vector128.Sqrt(x.Value));
    public static Lane128<T> Larger(Lane128<T> x, Lane128<T> y) => new(Vector128.MaxNative(x.Value, y.Value));
    public static Lane128<T> Max(Lane128<T> x, Lane128<T> y) => new(Vector128.Max(x.Value, y.Value));
    public static Lane128<T> Min(Lane128<T> x, Lane128<T> y) => new(Vector128.Min(x.Value, y.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Floor(Lane128<T> x) => typeof(T) == typeof(float)
        ? new(Vector128.Floor(x.Value.AsSingle()).As<float, T>())
        : new(Vector128.Floor(x.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> IfLess(Lane128<T> x, Lane128<T> y, Lane128<T> then, Lane128<T> otherwise) =>
        new(Vector128.ConditionalSelect(Vector128.LessThan(x.Value, y.Value), then.Value, otherwise.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> IfEqual(Lane128<T> x, Lane128<T> y, Lane128<T> then, Lane128<T> otherwise) =>
        new(Vector128.ConditionalSelect(Vector128.Equals(x.Value, y.Value), then.Value, otherwise.Value));

    public static T Sum(Lane128<T> x) => Vector128.Sum(x.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Largest(Lane128<T> x)
    {
        x = Max(x, HalvesSwapped(x));
        return (typeof(T) == typeof(double) ? x : Max(x, NeighboursSwapped(x))).Value.ToScalar();
    }

    public static T Peak(Lane128<T> x)
    {
        x = Larger(x, HalvesSwapped(x));
        return (typeof(T) == typeof(double) ? x : Larger(x, NeighboursSwapped(x))).Value.ToScalar();
    }

    static Lane128<T> HalvesSwapped(Lane128<T> x) => new(Vector128.Shuffle(x.Value.AsInt64(), Vector128.Create(1L, 0)).As<long, T>());
    static Lane128<T> NeighboursSwapped(Lane128<T> x) =>
        new(Vector128.Shuffle(x.Value.AsInt32(), Vector128.Create(1, 0, 3, 2)).As<int, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Exp(Lane128<T> x) => typeof(T) == typeof(float) ? From(Exp(Floats(x))) : LaneMath.Exp<Lane128<T>, T>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Log(Lane128<T> x) =>
        typeof(T) == typeof(float) ? From(RegisterMath.Log<Floats128, Vector128<float>>(Floats(x))) : LaneMath.Log<Lane128<T>, T>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Sin(Lane128<T> x)
    {
        if (!LaneMath.InRegisters<T>()) return LaneMath.Sin<Lane128<T>, T>(x);
        var y = IfEqual(x, Of(0), x, From(RegisterMath.Wave<Floats128, Vector128<float>>(Floats(x), 0)));      // sin −0 = −0
        return AnyBeyond(x) ? LaneMath.SinBeyond<Lane128<T>, T>(x, y) : y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Cos(Lane128<T> x)
    {
        if (!LaneMath.InRegisters<T>()) return LaneMath.Cos<Lane128<T>, T>(x);
        var y = From(RegisterMath.Wave<Floats128, Vector128<float>>(Floats(x), 1));
        return AnyBeyond(x) ? LaneMath.CosBeyond<Lane128<T>, T>(x, y) : y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Tanh(Lane128<T> x) =>
        LaneMath.InRegisters<T>() ? From(RegisterMath.Tanh<Floats128, Vector128<float>>(Floats(x))) : LaneMath.Tanh<Lane128<T>, T>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Sigmoid(Lane128<T> x)
    {
        if (typeof(T) == typeof(double)) return Of(1) / (Of(1) + Exp(-x));
        var v = Floats(x);
        return From(RegisterMath.Sigmoid<Floats128, Vector128<float>>(v, Exp(-Vector128.Abs(v))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Erf(Lane128<T> x) =>
        LaneMath.InRegisters<T>() ? From(RegisterMath.Erf<Floats128, Vector128<float>>(Floats(x))) : LaneMath.Erf<Lane128<T>, T>(x);

    public static Lane128<T> Pow(Lane128<T> x, Lane128<T> y) => LaneMath.Pow<Lane128<T>, T>(x, y);
    public static Lane128<T> Rem(Lane128<T> x, Lane128<T> y) => LaneMath.Rem<Lane128<T>, T>(x, y);

    static Vector128<float> Floats(Lane128<T> x) => x.Value.AsSingle();
    static Lane128<T> From(Vector128<float> x) => new(x.As<float, T>());
    static bool AnyBeyond(Lane128<T> x) =>
        Vector128.GreaterThanAny(Vector128.Abs(Floats(x)), Vector128.Create((float)RegisterMath.WaveLimit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> Exp(Vector128<float> x) => RegisterMath.Exp<Floats128, Vector128<float>>(x);

    static Vector128<float> FloatMask(int count) => Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count)).AsSingle();
}
