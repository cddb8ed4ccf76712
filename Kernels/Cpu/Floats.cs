using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Arithmetic of registers R of floats, for <see cref="RegisterMath"/>. R is the bare register, not a lane around it: only then does the
/// compiler keep a formula's constants in registers through a loop instead of loading each of them again for every register of numbers,
/// which makes long formulas up to twice as fast.
/// </summary>
interface IFloats<R> where R : struct
{
    static abstract R Of(double c);
    static abstract R Add(R a, R b);
    static abstract R Subtract(R a, R b);
    static abstract R Multiply(R a, R b);
    static abstract R Divide(R a, R b);

    /// <summary>a b + c, rounded once where the hardware can.</summary>
    static abstract R MulAdd(R a, R b, R c);

    static abstract R Floor(R x);

    /// <summary>x &lt; y ? then : otherwise, number by number.</summary>
    static abstract R IfLess(R x, R y, R then, R otherwise);

    /// <summary>x = y ? then : otherwise, number by number.</summary>
    static abstract R IfEqual(R x, R y, R then, R otherwise);

    /// <summary>The nearest number to x between low and high; NaN stays NaN.</summary>
    static abstract R Clamp(R x, double low, double high);

    /// <summary>x 2ⁿ for whole n from −252 to 254, rounded once.</summary>
    static abstract R Scale(R x, R n);

    /// <summary>x = fraction · 2^exponent with √½ ≤ fraction &lt; √2, for normal positive x.</summary>
    static abstract (R Fraction, R Exponent) Split(R x);
}

/// <summary>Four floats.</summary>
readonly struct Floats128 : IFloats<Vector128<float>>
{
    public static Vector128<float> Of(double c) => Vector128.Create((float)c);
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;
    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;
    public static Vector128<float> MulAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Vector128.MultiplyAddEstimate(a, b, c);
    public static Vector128<float> Floor(Vector128<float> x) => Vector128.Floor(x);

    public static Vector128<float> IfLess(Vector128<float> x, Vector128<float> y, Vector128<float> then, Vector128<float> otherwise) =>
        Vector128.ConditionalSelect(Vector128.LessThan(x, y), then, otherwise);

    public static Vector128<float> IfEqual(Vector128<float> x, Vector128<float> y, Vector128<float> then, Vector128<float> otherwise) =>
        Vector128.ConditionalSelect(Vector128.Equals(x, y), then, otherwise);

    // the hardware's minimum answers its second operand if either is NaN, or else NaN
    public static Vector128<float> Clamp(Vector128<float> x, double low, double high) =>
        Vector128.MinNative(Of(high), Vector128.MaxNative(Of(low), x));

    public static Vector128<float> Scale(Vector128<float> x, Vector128<float> n)
    {
        var k = Vector128.ConvertToInt32Native(n);
        var half = k >> 1;
        return x * PowerOfTwo(half) * PowerOfTwo(k - half);
    }

    public static (Vector128<float> Fraction, Vector128<float> Exponent) Split(Vector128<float> x)
    {
        var (bits, start) = (x.AsInt32(), Vector128.Create(RegisterMath.FractionStart));
        var exponent = (bits - start) >> 23;
        return ((bits - (exponent << 23)).AsSingle(), Vector128.ConvertToSingle(exponent));
    }

    // 2ᵏ for −126 ≤ k ≤ 127: the exponent field is k + 127
    static Vector128<float> PowerOfTwo(Vector128<int> k) => ((k + Vector128.Create(127)) << 23).AsSingle();
}

/// <summary>Eight floats.</summary>
readonly struct Floats256 : IFloats<Vector256<float>>
{
    public static Vector256<float> Of(double c) => Vector256.Create((float)c);
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;
    public static Vector256<float> MulAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Vector256.MultiplyAddEstimate(a, b, c);
    public static Vector256<float> Floor(Vector256<float> x) => Vector256.Floor(x);

    public static Vector256<float> IfLess(Vector256<float> x, Vector256<float> y, Vector256<float> then, Vector256<float> otherwise) =>
        Vector256.ConditionalSelect(Vector256.LessThan(x, y), then, otherwise);

    public static Vector256<float> IfEqual(Vector256<float> x, Vector256<float> y, Vector256<float> then, Vector256<float> otherwise) =>
        Vector256.ConditionalSelect(Vector256.Equals(x, y), then, otherwise);

    // the hardware's minimum answers its second operand if either is NaN, or else NaN
    public static Vector256<float> Clamp(Vector256<float> x, double low, double high) =>
        Vector256.MinNative(Of(high), Vector256.MaxNative(Of(low), x));

    public static Vector256<float> Scale(Vector256<float> x, Vector256<float> n)
    {
        var k = Vector256.ConvertToInt32Native(n);
        var half = k >> 1;
        return x * PowerOfTwo(half) * PowerOfTwo(k - half);
    }

    public static (Vector256<float> Fraction, Vector256<float> Exponent) Split(Vector256<float> x)
    {
        var (bits, start) = (x.AsInt32(), Vector256.Create(RegisterMath.FractionStart));
        var exponent = (bits - start) >> 23;
        return ((bits - (exponent << 23)).AsSingle(), Vector256.ConvertToSingle(exponent));
    }

    // 2ᵏ for −126 ≤ k ≤ 127: the exponent field is k + 127
    static Vector256<float> PowerOfTwo(Vector256<int> k) => ((k + Vector256.Create(127)) << 23).AsSingle();
}

/// <summary>Sixteen floats.</summary>
readonly struct Floats512 : IFloats<Vector512<float>>
{
    public static Vector512<float> Of(double c) => Vector512.Create((float)c);
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;
    public static Vector512<float> MulAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Vector512.MultiplyAddEstimate(a, b, c);
    public static Vector512<float> Floor(Vector512<float> x) => Vector512.Floor(x);

    public static Vector512<float> IfLess(Vector512<float> x, Vector512<float> y, Vector512<float> then, Vector512<float> otherwise) =>
        Vector512.ConditionalSelect(Vector512.LessThan(x, y), then, otherwise);

    public static Vector512<float> IfEqual(Vector512<float> x, Vector512<float> y, Vector512<float> then, Vector512<float> otherwise) =>
        Vector512.ConditionalSelect(Vector512.Equals(x, y), then, otherwise);

    // the hardware's minimum answers its second operand if either is NaN, or else NaN
    public static Vector512<float> Clamp(Vector512<float> x, double low, double high) =>
        Vector512.MinNative(Of(high), Vector512.MaxNative(Of(low), x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(Vector512<float> x, Vector512<float> n)
    {
        if (Avx512F.IsSupported) return Avx512F.Scale(x, n);
        var k = Vector512.ConvertToInt32Native(n);
        var half = k >> 1;
        return x * PowerOfTwo(half) * PowerOfTwo(k - half);
    }

    public static (Vector512<float> Fraction, Vector512<float> Exponent) Split(Vector512<float> x)
    {
        var (bits, start) = (x.AsInt32(), Vector512.Create(RegisterMath.FractionStart));
        var exponent = (bits - start) >> 23;
        return ((bits - (exponent << 23)).AsSingle(), Vector512.ConvertToSingle(exponent));
    }

    // 2ᵏ for −126 ≤ k ≤ 127: the exponent field is k + 127
    static Vector512<float> PowerOfTwo(Vector512<int> k) => ((k + Vector512.Create(127)) << 23).AsSingle();
}
