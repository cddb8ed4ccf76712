using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// yᵢ = exp(xᵢ − m) / Σⱼ exp(xⱼ − m) with m = max x, over rows of n. A row of −∞ alone, and one with +∞ or NaN, is NaN. Items are rows.
/// </summary>
public static class Softmax
{
    /// <summary>y = softmax x.</summary>
    public readonly struct Forward<T>(View<T> x, View<T> y, int n) : IKernel<T> where T : unmanaged
    {
        readonly View<T> x = x, y = y;

        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            switch ((n + V.Count - 1) / V.Count)
            {
                case 1: Short<V, One>(from, to); break;
                case 2: Short<V, Two>(from, to); break;
                case 3: Short<V, Three>(from, to); break;
                case 4: Short<V, Four>(from, to); break;
                default: Long<V>(from, to); break;
            }
        }

        // A row of R registers is read once, kept there and written once. Its largest number is sought while the row before is computed:
        // the processor runs such long chains of operations side by side.
        [MethodImpl(Compiled.Alone)]
        void Short<V, R>(int from, int to) where V : struct, ISimd<V, T> where R : struct, ICount
        {
            if (from == to) return;
            V a = default, b = a, c = a, d = a, max = a;
            for (int row = from; row <= to; row++)
            {
                var xs = x.Row(Math.Min(row, to - 1), n);
                V nextA = Load<V, R>(xs, 0), nextB = Load<V, R>(xs, 1), nextC = Load<V, R>(xs, 2), nextD = Load<V, R>(xs, 3);
                var nextMax = V.Broadcast(V.Peak(V.Larger(V.Larger(nextA, nextB), V.Larger(nextC, nextD))));
                if (row > from)
                {
                    var ys = y.Row(row - 1, n);
                    a = V.Exp(a - max);
                    b = R.Count > 1 ? V.Exp(b - max) : default;
                    c = R.Count > 2 ? V.Exp(c - max) : default;
                    d = R.Count > 3 ? V.Exp(d - max) : default;
                    var scale = V.Of(1) / V.Broadcast(V.Sum(a + b + (c + d)));
                    Store<V, R>(a * scale, ys, 0);
                    Store<V, R>(b * scale, ys, 1);
                    Store<V, R>(c * scale, ys, 2);
                    Store<V, R>(d * scale, ys, 3);
                }
                (a, b, c, d, max) = (nextA, nextB, nextC, nextD, nextMax);
            }
        }

        // A row's register i of R; −∞ for others.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static V Load<V, R>(View<T> x, int i) where V : struct, ISimd<V, T> where R : struct, ICount =>
            i < R.Count - 1 ? V.Load(x, i * V.Count)
            : i < R.Count ? Rows.LoadUpTo<V, T>(x, i * V.Count, Number.Of<T>(double.NegativeInfinity)) : V.Of(double.NegativeInfinity);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Store<V, R>(V v, View<T> y, int i) where V : struct, ISimd<V, T> where R : struct, ICount
        {
            if (i < R.Count - 1) V.Store(v, y, i * V.Count);
            else if (i < R.Count) Rows.StoreUpTo(v, y, i * V.Count);
        }

        // The first-level cache holds the row between its three passes. While the second computes, memory delivers the next row.
        [MethodImpl(Compiled.Alone)]
        void Long<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int row = from; row < to; row++) Long<V>(x.Row(row, n), y.Row(row, n));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Long<V>(View<T> x, View<T> y) where V : struct, ISimd<V, T>
        {
            V max = V.Broadcast(Rows.Largest<V, T>(x)), sum = V.Of(0), other = sum;
            int i = 0;
            for (; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
            {
                V left = V.Exp(V.Load(x, i) - max), right = V.Exp(V.Load(x, i + V.Count) - max);
                Rows.Prefetch(x, x.Length + i, V.Count);
                Rows.Prefetch(y, y.Length + i, V.Count);
                V.Store(left, y, i);
                V.Store(right, y, i + V.Count);
                sum += left;
                other += right;
            }
            for (; i < x.Length; i += V.Count)
            {
                var e = V.Exp(Rows.LoadUpTo<V, T>(x, i, Number.Of<T>(double.NegativeInfinity)) - max);
                Rows.StoreUpTo(e, y, i);
                sum += e;
            }
            Rows.Scale<V, T>(y, 1 / Number.Double(V.Sum(sum + other)));
        }
    }

    /// <summary>dx = y ⊙ (dy − Σ dy y).</summary>
    public readonly struct Backward<T>(View<T> y, View<T> dy, View<T> dx, int n) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int row = from; row < to; row++)
            {
                var (ys, gs, ds) = (y.Row(row, n), dy.Row(row, n), dx.Row(row, n));
                var dot = V.Broadcast(Rows.Dot<V, T>(ys, gs));
                int i = 0;
                for (; i <= ds.Length - 2 * V.Count; i += 2 * V.Count)
                {
                    V.Store(V.Load(ys, i) * (V.Load(gs, i) - dot), ds, i);
                    V.Store(V.Load(ys, i + V.Count) * (V.Load(gs, i + V.Count) - dot), ds, i + V.Count);
                }
                for (; i < ds.Length; i += V.Count)
                    Rows.StoreUpTo(Rows.LoadUpTo<V, T>(ys, i, default) * (Rows.LoadUpTo<V, T>(gs, i, default) - dot), ds, i);
            }
        }
    }
}

/// <summary>yᵢ = xᵢ − m − log Σⱼ exp(xⱼ − m) with m = max x, over rows of n. Items are rows.</summary>
public static class LogSoftmax
{
    /// <summary>y = log softmax x.</summary>
    public readonly struct Forward<T>(View<T> x, View<T> y, int n) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int row = from; row < to; row++)
            {
                var (xs, ys) = (x.Row(row, n), y.Row(row, n));
                var (max, logSum) = Rows.LogSumExp<V, T>(xs);
                V m = V.Of(max), log = V.Of(logSum);
                int i = 0;
                for (; i <= ys.Length - 2 * V.Count; i += 2 * V.Count)
                {
                    V.Store(V.Load(xs, i) - m - log, ys, i);
                    V.Store(V.Load(xs, i + V.Count) - m - log, ys, i + V.Count);
                }
                for (; i < ys.Length; i += V.Count) Rows.StoreUpTo(Rows.LoadUpTo<V, T>(xs, i, default) - m - log, ys, i);
            }
        }
    }

    /// <summary>dx = dy − exp(y) Σ dy.</summary>
    public readonly struct Backward<T>(View<T> y, View<T> dy, View<T> dx, int n) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int row = from; row < to; row++)
            {
                var (ys, gs, ds) = (y.Row(row, n), dy.Row(row, n), dx.Row(row, n));
                var total = V.Broadcast(Rows.Total<V, T>(gs));
                int i = 0;
                for (; i <= ds.Length - 2 * V.Count; i += 2 * V.Count)
                {
                    V left = V.Exp(V.Load(ys, i)), right = V.Exp(V.Load(ys, i + V.Count));
                    V.Store(V.Load(gs, i) - left * total, ds, i);
                    V.Store(V.Load(gs, i + V.Count) - right * total, ds, i + V.Count);
                }
                for (; i < ds.Length; i += V.Count)
                    Rows.StoreUpTo(Rows.LoadUpTo<V, T>(gs, i, default) - V.Exp(Rows.LoadUpTo<V, T>(ys, i, default)) * total, ds, i);
            }
        }
    }
}
