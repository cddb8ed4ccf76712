using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NanoAttention.Kernels.Cpu;

/// <summary>A lane of 128 bits: four floats or two doubles (SSE, Arm).</summary>
public readonly unsafe struct Lane128<T>(Vector128<T> value) : ISimd<Lane128<T>, T>, IScaled<Lane128<T>> where T : unmanaged
{
    internal readonly Vector128<T> Value = value;

    public static int Count => Vector128<T>.Count;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128<T> Of(double c) => typeof(T) == typeof(float) ? new(Vector128.Create((float)c).As<float, T>()) : new(Vector128.Create(c).As<double, T>());
    public static Lane128<T> Broadcast(T x) => new(Vector128.Create(x));
    public static Lane128<T> Load(View<T> x, int i) => new(Vector128.Load(&x.Pointer[i]));
    public static void Store(Lane128<T> v, View<T> x, int i) => v.Value.Store(&x.Pointer[i]);

    public static Lane128<T> LoadPart(View<T> x, int i, int count, T fill)
    {
        if (Avx.IsSupported && typeof(T) == typeof(float))
        {
            var inside = FloatMask(count);
            return new(Vector128.ConditionalSelect(inside.As<float, T>(), Avx.MaskLoad((float*)&x.Pointer[i], inside).As<float, T>(), Vector128.Create(fill)));
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

    public static Lane128<T> Abs(Lane128<T> x) => new(Vector128.Abs(x.Value));
    public static Lane128<T> Sqrt(Lane128<T> x) => new(Vector128.Sqrt(x.Value));
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
        if (typeof(T) == typeof(double)) return Vector128.Max(x.Value, Vector128.Shuffle(x.Value.AsDouble(), Vector128.Create(1L, 0)).As<double, T>()).ToScalar();
        var v = x.Value.AsSingle();
        v = Vector128.Max(v, Vector128.Shuffle(v, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(v, Vector128.Shuffle(v, Vector128.Create(1, 0, 3, 2))).As<float, T>().ToScalar();
    }

    public static Lane128<T> Exp(Lane128<T> x) => LaneMath.Exp<Lane128<T>, T>(x);
    public static Lane128<T> Log(Lane128<T> x) => LaneMath.Log<Lane128<T>, T>(x);
    public static Lane128<T> Sin(Lane128<T> x) => LaneMath.Sin<Lane128<T>, T>(x);
    public static Lane128<T> Cos(Lane128<T> x) => LaneMath.Cos<Lane128<T>, T>(x);
    public static Lane128<T> Tanh(Lane128<T> x) => LaneMath.Tanh<Lane128<T>, T>(x);
    public static Lane128<T> Erf(Lane128<T> x) => LaneMath.Erf<Lane128<T>, T>(x);
    public static Lane128<T> Pow(Lane128<T> x, Lane128<T> y) => LaneMath.Pow<Lane128<T>, T>(x, y);
    public static Lane128<T> Rem(Lane128<T> x, Lane128<T> y) => LaneMath.Rem<Lane128<T>, T>(x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Lane128<T> IScaled<Lane128<T>>.Scale(Lane128<T> x, Lane128<T> n)
    {
        var k = Vector128.ConvertToInt32Native(n.Value.AsSingle());
        var half = k >> 1;
        return new((x.Value.AsSingle() * PowerOfTwo(half) * PowerOfTwo(k - half)).As<float, T>());
    }

    // the hardware's minimum answers its second operand if either is NaN, or else NaN
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Lane128<T> IScaled<Lane128<T>>.Clamp(Lane128<T> x, Lane128<T> low, Lane128<T> high) =>
        new(Vector128.MinNative(high.Value, Vector128.MaxNative(low.Value, x.Value)));

    static Lane128<T> IScaled<Lane128<T>>.Quotient(Lane128<T> x, Lane128<T> y) => x / y;

    static bool IScaled<Lane128<T>>.AnyAbove(Lane128<T> x, Lane128<T> bound) => Vector128.GreaterThanAny(x.Value, bound.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Lane128<T> Fraction, Lane128<T> Exponent) IScaled<Lane128<T>>.Split(Lane128<T> x)
    {
        var (bits, start) = (x.Value.AsInt32(), Vector128.Create(LaneMath.FractionStart));
        var exponent = (bits - start) >> 23;
        return (new((bits - (exponent << 23)).As<int, T>()), new(Vector128.ConvertToSingle(exponent).As<float, T>()));
    }

    // 2ᵏ for −126 ≤ k ≤ 127: the exponent field is k + 127
    static Vector128<float> PowerOfTwo(Vector128<int> k) => ((k + Vector128.Create(127)) << 23).AsSingle();

    static Vector128<float> FloatMask(int count) => Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count)).AsSingle();
}
