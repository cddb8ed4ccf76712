using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>yᵢ = exp(xᵢ − m) / Σⱼ exp(xⱼ − m) with m = max x, over rows of n. A row of −∞ alone, and one with +∞ or NaN, is NaN. Items are rows.</summary>
public static class Softmax
{
    /// <summary>y = softmax x.</summary>
    public readonly struct Forward<T>(View<T> x, View<T> y, int n) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int row = from; row < to; row++)
            {
                var (xs, ys) = (x.Row(row, n), y.Row(row, n));
                var max = V.Broadcast(Rows.Largest<V, T>(xs));
                V sum = V.Of(0);
                int i = 0;
                for (; i <= n - V.Count; i += V.Count)
                {
                    var e = V.Exp(V.Load(xs, i) - max);
                    V.Store(e, ys, i);
                    sum += e;
                }
                if (i < n)
                {
                    var e = V.Exp(V.LoadPart(xs, i, n - i, Number.Of<T>(double.NegativeInfinity)) - max);
                    V.StorePart(e, ys, i, n - i);
                    sum += e;
                }
                Rows.Scale<V, T>(ys, 1 / Number.Double(V.Sum(sum)));
            }
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
                for (; i <= n - V.Count; i += V.Count) V.Store(V.Load(ys, i) * (V.Load(gs, i) - dot), ds, i);
                if (i < n) V.StorePart(V.LoadPart(ys, i, n - i, default) * (V.LoadPart(gs, i, n - i, default) - dot), ds, i, n - i);
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
                for (; i <= n - V.Count; i += V.Count) V.Store(V.Load(xs, i) - m - log, ys, i);
                if (i < n) V.StorePart(V.LoadPart(xs, i, n - i, default) - m - log, ys, i, n - i);
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
                for (; i <= n - V.Count; i += V.Count) V.Store(V.Load(gs, i) - V.Exp(V.Load(ys, i)) * total, ds, i);
                if (i < n) V.StorePart(V.LoadPart(gs, i, n - i, default) - V.Exp(V.LoadPart(ys, i, n - i, default)) * total, ds, i, n - i);
            }
        }
    }
}
