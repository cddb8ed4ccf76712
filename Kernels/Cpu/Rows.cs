using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace NanoAttention.Kernels.Cpu;

/// <summary>What the kernels over rows ask of one row.</summary>
static class Rows
{
    /// <summary>x[i], x[i + 1], … up to the row's end or as many as a register holds, the rest filled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadUpTo<V, T>(View<T> x, int i, T fill) where V : struct, ISimd<V, T> where T : unmanaged =>
        i <= x.Length - V.Count ? V.Load(x, i) : i < x.Length ? V.LoadPart(x, i, x.Length - i, fill) : V.Broadcast(fill);

    /// <summary>Stores as much of v in x[i], x[i + 1], … as the row holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreUpTo<V, T>(V v, View<T> x, int i) where V : struct, ISimd<V, T> where T : unmanaged
    {
        if (i <= x.Length - V.Count) V.Store(v, x, i);
        else if (i < x.Length) V.StorePart(v, x, i, x.Length - i);
    }

    /// <summary>Calls the two registers at i, which may lie behind x, into the cache while other work is done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch<T>(View<T> x, int i, int register) where T : unmanaged
    {
        if (!Sse.IsSupported) return;
        Sse.Prefetch0(x.Pointer + i);
        Sse.Prefetch0(x.Pointer + i + register);
    }

    /// <summary>max xᵢ; −∞ for an empty row; any number if one is NaN, which whoever subtracts it from the row will meet.</summary>
    [MethodImpl(Compiled.Alone)]
    public static T Largest<V, T>(View<T> x) where V : struct, ISimd<V, T> where T : unmanaged
    {
        V a = V.Of(double.NegativeInfinity), b = a, c = a, d = a;
        int i = 0;
        for (; i <= x.Length - 4 * V.Count; i += 4 * V.Count)
        {
            a = V.Larger(a, V.Load(x, i));
            b = V.Larger(b, V.Load(x, i + V.Count));
            c = V.Larger(c, V.Load(x, i + 2 * V.Count));
            d = V.Larger(d, V.Load(x, i + 3 * V.Count));
        }
        for (; i < x.Length; i += V.Count) a = V.Larger(a, LoadUpTo<V, T>(x, i, Number.Of<T>(double.NegativeInfinity)));
        return V.Peak(V.Larger(V.Larger(a, b), V.Larger(c, d)));
    }

    /// <summary>Σ xᵢ.</summary>
    public static T Total<V, T>(View<T> x) where V : struct, ISimd<V, T> where T : unmanaged => Distance<V, T>(x, default);

    /// <summary>Σ (xᵢ − from).</summary>
    [MethodImpl(Compiled.Alone)]
    public static T Distance<V, T>(View<T> x, T from) where V : struct, ISimd<V, T> where T : unmanaged
    {
        V x0 = V.Broadcast(from), a = V.Of(0), b = a, c = a, d = a;
        int i = 0;
        for (; i <= x.Length - 4 * V.Count; i += 4 * V.Count)
        {
            a += V.Load(x, i) - x0;
            b += V.Load(x, i + V.Count) - x0;
            c += V.Load(x, i + 2 * V.Count) - x0;
            d += V.Load(x, i + 3 * V.Count) - x0;
        }
        for (; i < x.Length; i += V.Count) a += LoadUpTo<V, T>(x, i, from) - x0;
        return V.Sum(a + b + (c + d));
    }

    /// <summary>Σ xᵢ yᵢ.</summary>
    [MethodImpl(Compiled.Alone)]
    public static T Dot<V, T>(View<T> x, View<T> y) where V : struct, ISimd<V, T> where T : unmanaged
    {
        V a = V.Of(0), b = a, c = a, d = a;
        int i = 0;
        for (; i <= x.Length - 4 * V.Count; i += 4 * V.Count)
        {
            a = V.MulAdd(V.Load(x, i), V.Load(y, i), a);
            b = V.MulAdd(V.Load(x, i + V.Count), V.Load(y, i + V.Count), b);
            c = V.MulAdd(V.Load(x, i + 2 * V.Count), V.Load(y, i + 2 * V.Count), c);
            d = V.MulAdd(V.Load(x, i + 3 * V.Count), V.Load(y, i + 3 * V.Count), d);
        }
        for (; i < x.Length; i += V.Count) a = V.MulAdd(LoadUpTo<V, T>(x, i, default), LoadUpTo<V, T>(y, i, default), a);
        return V.Sum(a + b + (c + d));
    }

    /// <summary>Σ (xᵢ − from) and Σ (xᵢ − from)².</summary>
    [MethodImpl(Compiled.Alone)]
    public static (double Sum, double Squares) Moments<V, T>(View<T> x, T from) where V : struct, ISimd<V, T> where T : unmanaged
    {
        V x0 = V.Broadcast(from), a = V.Of(0), b = a, squaresA = a, squaresB = a;
        int i = 0;
        for (; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
        {
            V p = V.Load(x, i) - x0, q = V.Load(x, i + V.Count) - x0;
            a += p;
            b += q;
            squaresA = V.MulAdd(p, p, squaresA);
            squaresB = V.MulAdd(q, q, squaresB);
        }
        for (; i < x.Length; i += V.Count)
        {
            var p = LoadUpTo<V, T>(x, i, from) - x0;
            a += p;
            squaresA = V.MulAdd(p, p, squaresA);
        }
        return (Number.Double(V.Sum(a + b)), Number.Double(V.Sum(squaresA + squaresB)));
    }

    /// <summary>Σ (xᵢ − from − center)².</summary>
    [MethodImpl(Compiled.Alone)]
    public static T SquaredDistance<V, T>(View<T> x, T from, T center) where V : struct, ISimd<V, T> where T : unmanaged
    {
        V x0 = V.Broadcast(from), μ = V.Broadcast(center), a = V.Of(0), b = a, c = a, d = a;
        int i = 0;
        for (; i <= x.Length - 4 * V.Count; i += 4 * V.Count)
        {
            V p = V.Load(x, i) - x0 - μ, q = V.Load(x, i + V.Count) - x0 - μ;
            V r = V.Load(x, i + 2 * V.Count) - x0 - μ, s = V.Load(x, i + 3 * V.Count) - x0 - μ;
            a = V.MulAdd(p, p, a);
            b = V.MulAdd(q, q, b);
            c = V.MulAdd(r, r, c);
            d = V.MulAdd(s, s, d);
        }
        for (; i < x.Length; i += V.Count)
        {
            var p = V.Head(LoadUpTo<V, T>(x, i, default) - x0 - μ, x.Length - i);
            a = V.MulAdd(p, p, a);
        }
        return V.Sum(a + b + (c + d));
    }

    /// <summary>m = max xᵢ and log Σ exp(xᵢ − m), whose sum is log Σ exp xᵢ.</summary>
    [MethodImpl(Compiled.Alone)]
    public static (double Max, double Log) LogSumExp<V, T>(View<T> x) where V : struct, ISimd<V, T> where T : unmanaged
    {
        T largest = Largest<V, T>(x);
        V max = V.Broadcast(largest), sum = V.Of(0), other = sum;
        int i = 0;
        for (; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
        {
            V left = V.Exp(V.Load(x, i) - max), right = V.Exp(V.Load(x, i + V.Count) - max);
            sum += left;
            other += right;
        }
        for (; i < x.Length; i += V.Count) sum += V.Exp(LoadUpTo<V, T>(x, i, Number.Of<T>(double.NegativeInfinity)) - max);
        return (Number.Double(largest), Math.Log(Number.Double(V.Sum(sum + other))));
    }

    /// <summary>x ← factor · x.</summary>
    [MethodImpl(Compiled.Alone)]
    public static void Scale<V, T>(View<T> x, double factor) where V : struct, ISimd<V, T> where T : unmanaged
    {
        var scale = V.Of(factor);
        int i = 0;
        for (; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
        {
            V.Store(V.Load(x, i) * scale, x, i);
            V.Store(V.Load(x, i + V.Count) * scale, x, i + V.Count);
        }
        for (; i < x.Length; i += V.Count) StoreUpTo(LoadUpTo<V, T>(x, i, default) * scale, x, i);
    }

    /// <summary>y += x.</summary>
    [MethodImpl(Compiled.Alone)]
    public static void Add<V, T>(View<T> y, View<T> x) where V : struct, ISimd<V, T> where T : unmanaged
    {
        int i = 0;
        for (; i <= y.Length - 2 * V.Count; i += 2 * V.Count)
        {
            V.Store(V.Load(y, i) + V.Load(x, i), y, i);
            V.Store(V.Load(y, i + V.Count) + V.Load(x, i + V.Count), y, i + V.Count);
        }
        for (; i < y.Length; i += V.Count) StoreUpTo(LoadUpTo<V, T>(y, i, default) + LoadUpTo<V, T>(x, i, default), y, i);
    }
}
