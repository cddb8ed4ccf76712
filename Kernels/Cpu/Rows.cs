namespace NanoAttention.Kernels.Cpu;

/// <summary>What the kernels over rows ask of one row.</summary>
static class Rows
{
    /// <summary>max xᵢ; NaN if any is; −∞ for an empty row.</summary>
    public static T Largest<V, T>(View<T> x) where V : struct, ISimd<V, T> where T : unmanaged
    {
        V max = V.Of(double.NegativeInfinity), other = max;
        int i = 0;
        for (; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
        {
            max = V.Max(max, V.Load(x, i));
            other = V.Max(other, V.Load(x, i + V.Count));
        }
        for (; i <= x.Length - V.Count; i += V.Count) max = V.Max(max, V.Load(x, i));
        if (i < x.Length) other = V.Max(other, V.LoadPart(x, i, x.Length - i, Number.Of<T>(double.NegativeInfinity)));
        return V.Largest(V.Max(max, other));
    }

    /// <summary>Σ xᵢ.</summary>
    public static T Total<V, T>(View<T> x) where V : struct, ISimd<V, T> where T : unmanaged
    {
        V sum = V.Of(0), other = sum;
        int i = 0;
        for (; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
        {
            sum += V.Load(x, i);
            other += V.Load(x, i + V.Count);
        }
        for (; i <= x.Length - V.Count; i += V.Count) sum += V.Load(x, i);
        if (i < x.Length) other += V.LoadPart(x, i, x.Length - i, default);
        return V.Sum(sum + other);
    }

    /// <summary>Σ xᵢ yᵢ.</summary>
    public static T Dot<V, T>(View<T> x, View<T> y) where V : struct, ISimd<V, T> where T : unmanaged
    {
        V sum = V.Of(0), other = sum;
        int i = 0;
        for (; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
        {
            sum = V.MulAdd(V.Load(x, i), V.Load(y, i), sum);
            other = V.MulAdd(V.Load(x, i + V.Count), V.Load(y, i + V.Count), other);
        }
        for (; i <= x.Length - V.Count; i += V.Count) sum = V.MulAdd(V.Load(x, i), V.Load(y, i), sum);
        if (i < x.Length) other = V.MulAdd(V.LoadPart(x, i, x.Length - i, default), V.LoadPart(y, i, x.Length - i, default), other);
        return V.Sum(sum + other);
    }

    /// <summary>Σ (xᵢ − from).</summary>
    public static T Distance<V, T>(View<T> x, T from) where V : struct, ISimd<V, T> where T : unmanaged
    {
        V x0 = V.Broadcast(from), sum = V.Of(0), other = sum;
        int i = 0;
        for (; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
        {
            sum += V.Load(x, i) - x0;
            other += V.Load(x, i + V.Count) - x0;
        }
        for (; i <= x.Length - V.Count; i += V.Count) sum += V.Load(x, i) - x0;
        if (i < x.Length) other += V.LoadPart(x, i, x.Length - i, from) - x0;
        return V.Sum(sum + other);
    }

    /// <summary>Σ (xᵢ − from − center)².</summary>
    public static T SquaredDistance<V, T>(View<T> x, T from, T center) where V : struct, ISimd<V, T> where T : unmanaged
    {
        V x0 = V.Broadcast(from), c = V.Broadcast(center), sum = V.Of(0), other = sum;
        int i = 0;
        for (; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
        {
            V d = V.Load(x, i) - x0 - c, e = V.Load(x, i + V.Count) - x0 - c;
            sum = V.MulAdd(d, d, sum);
            other = V.MulAdd(e, e, other);
        }
        for (; i <= x.Length - V.Count; i += V.Count)
        {
            var d = V.Load(x, i) - x0 - c;
            sum = V.MulAdd(d, d, sum);
        }
        double rest = 0;                                         // one by one: a part of a register would count c² behind the end
        for (; i < x.Length; i++)
        {
            double d = Number.Double(x[i]) - Number.Double(from) - Number.Double(center);
            rest += d * d;
        }
        return Number.Of<T>(Number.Double(V.Sum(sum + other)) + rest);
    }

    /// <summary>m = max xᵢ and log Σ exp(xᵢ − m), whose sum is log Σ exp xᵢ.</summary>
    public static (double Max, double Log) LogSumExp<V, T>(View<T> x) where V : struct, ISimd<V, T> where T : unmanaged
    {
        T largest = Largest<V, T>(x);
        V max = V.Broadcast(largest), sum = V.Of(0);
        int i = 0;
        for (; i <= x.Length - V.Count; i += V.Count) sum += V.Exp(V.Load(x, i) - max);
        if (i < x.Length) sum += V.Exp(V.LoadPart(x, i, x.Length - i, Number.Of<T>(double.NegativeInfinity)) - max);
        return (Number.Double(largest), Math.Log(Number.Double(V.Sum(sum))));
    }

    /// <summary>x ← factor · x.</summary>
    public static void Scale<V, T>(View<T> x, double factor) where V : struct, ISimd<V, T> where T : unmanaged
    {
        var scale = V.Of(factor);
        int i = 0;
        for (; i <= x.Length - V.Count; i += V.Count) V.Store(V.Load(x, i) * scale, x, i);
        if (i < x.Length) V.StorePart(V.LoadPart(x, i, x.Length - i, default) * scale, x, i, x.Length - i);
    }

    /// <summary>y += x.</summary>
    public static void Add<V, T>(View<T> y, View<T> x) where V : struct, ISimd<V, T> where T : unmanaged
    {
        int i = 0;
        for (; i <= y.Length - V.Count; i += V.Count) V.Store(V.Load(y, i) + V.Load(x, i), y, i);
        int left = y.Length - i;
        if (left > 0) V.StorePart(V.LoadPart(y, i, left, default) + V.LoadPart(x, i, left, default), y, i, left);
    }
}
