using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Numbers of a type known only to the compiler: float, double, int or byte (a truth value, 0 or 1), by way of double, which holds each
/// exactly.
/// </summary>
static class Number
{
    /// <summary>x as a <typeparamref name="T"/>: rounded for float, cut towards zero and clamped for int, x ≠ 0 for byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Of<T>(double x) where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return Unsafe.BitCast<float, T>((float)x);
        if (typeof(T) == typeof(double)) return Unsafe.BitCast<double, T>(x);
        if (typeof(T) == typeof(int)) return Unsafe.BitCast<int, T>((int)x);
        if (typeof(T) == typeof(byte)) return Unsafe.BitCast<byte, T>(x != 0 ? (byte)1 : (byte)0);
        throw new NotSupportedException($"{typeof(T).Name} is none of float, double, int and byte.");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Double<T>(T x) where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return Unsafe.BitCast<T, float>(x);
        if (typeof(T) == typeof(double)) return Unsafe.BitCast<T, double>(x);
        if (typeof(T) == typeof(int)) return Unsafe.BitCast<T, int>(x);
        if (typeof(T) == typeof(byte)) return Unsafe.BitCast<T, byte>(x);
        throw new NotSupportedException($"{typeof(T).Name} is none of float, double, int and byte.");
    }
}
