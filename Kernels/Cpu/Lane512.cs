using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NanoAttention.Kernels.Cpu;

/// <summary>A lane of 512 bits: sixteen floats or eight doubles (AVX-512).</summary>
public readonly unsafe struct Lane512<T>(Vector512<T> value) : ISimd<Lane512<T>, T> where T : unmanaged
{
    internal readonly Vector512<T> Value = value;

    public static int Count => Vector512<T>.Count;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Of(double c) =>
        typeof(T) == typeof(float) ? new(Vector512.Create((float)c).As<float, T>()) : new(Vector512.Create(c).As<double, T>());
    public static Lane512<T> Broadcast(T x) => new(Vector512.Create(x));
    public static Lane512<T> Load(View<T> x, int i) => new(Vector512.Load(&x.Pointer[i]));
    public static void Store(Lane512<T> v, View<T> x, int i) => v.Value.Store(&x.Pointer[i]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> LoadPart(View<T> x, int i, int count, T fill)
    {
        if (!Avx512F.IsSupported) return LoadHalves(x, i, count, fill);
        var merge = Vector512.Create(fill);
        return typeof(T) == typeof(float) ? new(Avx512F.MaskLoad((float*)&x.Pointer[i], FloatMask(count), merge.AsSingle()).As<float, T>())
            : new(Avx512F.MaskLoad((double*)&x.Pointer[i], DoubleMask(count), merge.AsDouble()).As<double, T>());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePart(Lane512<T> v, View<T> x, int i, int count)
    {
        if (!Avx512F.IsSupported) StoreHalves(v, x, i, count);
        else if (typeof(T) == typeof(float)) Avx512F.MaskStore((float*)&x.Pointer[i], FloatMask(count), v.Value.AsSingle());
        else Avx512F.MaskStore((double*)&x.Pointer[i], DoubleMask(count), v.Value.AsDouble());
    }

    static Vector512<float> FloatMask(int count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();
    static Vector512<double> DoubleMask(int count) => Vector512.LessThan(Vector512<long>.Indices, Vector512.Create((long)count)).AsDouble();

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Lane512<T> LoadHalves(View<T> x, int i, int count, T fill)
    {
        int half = Lane256<T>.Count;
        var lower = count < half ? Lane256<T>.LoadPart(x, i, count, fill) : Lane256<T>.Load(x, i);
        var upper = count <= half ? Lane256<T>.Broadcast(fill) : Lane256<T>.LoadPart(x, i + half, count - half, fill);
        return new(Vector512.Create(lower.Value, upper.Value));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void StoreHalves(Lane512<T> v, View<T> x, int i, int count)
    {
        int half = Lane256<T>.Count;
        Lane256<T> lower = new(v.Value.GetLower()), upper = new(v.Value.GetUpper());
        if (count < half) Lane256<T>.StorePart(lower, x, i, count); else Lane256<T>.Store(lower, x, i);
        if (count > half) Lane256<T>.StorePart(upper, x, i + half, count - half);
    }

    public static Lane512<T> operator +(Lane512<T> a, Lane512<T> b) => new(a.Value + b.Value);
    public static Lane512<T> operator -(Lane512<T> a, Lane512<T> b) => new(a.Value - b.Value);
    public static Lane512<T> operator *(Lane512<T> a, Lane512<T> b) => new(a.Value * b.Value);
    public static Lane512<T> operator /(Lane512<T> a, Lane512<T> b) => new(a.Value / b.Value);
    public static Lane512<T> operator -(Lane512<T> a) => new(-a.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> MulAdd(Lane512<T> a, Lane512<T> b, Lane512<T> c) => typeof(T) == typeof(float)
        ? new(Vector512.MultiplyAddEstimate(a.Value.AsSingle(), b.Value.AsSingle(), c.Value.AsSingle()).As<float, T>())
        : new(Vector512.MultiplyAddEstimate(a.Value.AsDouble(), b.Value.AsDouble(), c.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Head(Lane512<T> x, int count) => typeof(T) == typeof(float)
        ? new((x.Value.AsInt32() & Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count))).As<int, T>())
        : new((x.Value.AsInt64() & Vector512.LessThan(Vector512<long>.Indices, Vector512.Create((long)count))).As<long, T>());

    public static Lane512<T> Abs(Lane512<T> x) => new(Vector512.Abs(x.Value));
    public static Lane512<T> Sqrt(Lane512<T> x) => new(Vector512.Sqrt(x.Value));
    public static Lane512<T> Larger(Lane512<T> x, Lane512<T> y) => new(Vector512.MaxNative(x.Value, y.Value));
    public static Lane512<T> Max(Lane512<T> x, Lane512<T> y) => new(Vector512.Max(x.Value, y.Value));
    public static Lane512<T> Min(Lane512<T> x, Lane512<T> y) => new(Vector512.Min(x.Value, y.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Floor(Lane512<T> x) => typeof(T) == typeof(float)
        ? new(Vector512.Floor(x.Value.AsSingle()).As<float, T>())
        : new(Vector512.Floor(x.Value.AsDouble()).As<double, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> IfLess(Lane512<T> x, Lane512<T> y, Lane512<T> then, Lane512<T> otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(x.Value, y.Value), then.Value, otherwise.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> IfEqual(Lane512<T> x, Lane512<T> y, Lane512<T> then, Lane512<T> otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.Equals(x.Value, y.Value), then.Value, otherwise.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Lane512<T> x) => Lane256<T>.Sum(new(x.Value.GetLower() + x.Value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Largest(Lane512<T> x) =>
        Lane256<T>.Largest(Lane256<T>.Max(new(x.Value.GetLower()), new(x.Value.GetUpper())));

    public static T Peak(Lane512<T> x) => Lane256<T>.Peak(Lane256<T>.Larger(new(x.Value.GetLower()), new(x.Value.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Exp(Lane512<T> x) => typeof(T) == typeof(float) ? From(Exp(Floats(x))) : LaneMath.Exp<Lane512<T>, T>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Log(Lane512<T> x) =>
        typeof(T) == typeof(float) ? From(RegisterMath.Log<Floats512, Vector512<float>>(Floats(x))) : LaneMath.Log<Lane512<T>, T>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Sin(Lane512<T> x)
    {
        if (!LaneMath.InRegisters<T>()) return LaneMath.Sin<Lane512<T>, T>(x);
        var y = IfEqual(x, Of(0), x, From(RegisterMath.Wave<Floats512, Vector512<float>>(Floats(x), 0)));      // sin −0 = −0
        return AnyBeyond(x) ? LaneMath.SinBeyond<Lane512<T>, T>(x, y) : y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Cos(Lane512<T> x)
    {
        if (!LaneMath.InRegisters<T>()) return LaneMath.Cos<Lane512<T>, T>(x);
        var y = From(RegisterMath.Wave<Floats512, Vector512<float>>(Floats(x), 1));
        return AnyBeyond(x) ? LaneMath.CosBeyond<Lane512<T>, T>(x, y) : y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Tanh(Lane512<T> x) =>
        LaneMath.InRegisters<T>() ? From(RegisterMath.Tanh<Floats512, Vector512<float>>(Floats(x))) : LaneMath.Tanh<Lane512<T>, T>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Sigmoid(Lane512<T> x)
    {
        if (typeof(T) == typeof(double)) return Of(1) / (Of(1) + Exp(-x));
        var v = Floats(x);
        return From(RegisterMath.Sigmoid<Floats512, Vector512<float>>(v, Exp(-Vector512.Abs(v))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Erf(Lane512<T> x) =>
        LaneMath.InRegisters<T>() ? From(RegisterMath.Erf<Floats512, Vector512<float>>(Floats(x))) : LaneMath.Erf<Lane512<T>, T>(x);

    public static Lane512<T> Pow(Lane512<T> x, Lane512<T> y) => LaneMath.Pow<Lane512<T>, T>(x, y);
    public static Lane512<T> Rem(Lane512<T> x, Lane512<T> y) => LaneMath.Rem<Lane512<T>, T>(x, y);

    static Vector512<float> Floats(Lane512<T> x) => x.Value.AsSingle();
    static Lane512<T> From(Vector512<float> x) => new(x.As<float, T>());
    static bool AnyBeyond(Lane512<T> x) =>
        Vector512.GreaterThanAny(Vector512.Abs(Floats(x)), Vector512.Create((float)RegisterMath.WaveLimit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Exp(Vector512<float> x) =>
        Avx512F.IsSupported ? RegisterMath.ExpByTable(x) : RegisterMath.Exp<Floats512, Vector512<float>>(x);
}
