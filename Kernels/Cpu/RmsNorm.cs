using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Normalisation by the root of the mean square over rows of n (Zhang and Sennrich, 2019): y = x̂ ⊙ w, x̂ = x r, r = 1/√(Σ x²/n + ε). The
/// second pass over a row finds it in the first level of the cache.
/// </summary>
public static class RmsNorm
{
    /// <summary>y, and each row's r. w is (n), or empty for 1. Items are rows.</summary>
    public readonly struct Forward<T>(View<T> x, View<T> weight, View<T> y, View<T> rstd, int n, double epsilon) : IKernel<T>
        where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int row = from; row < to; row++)
            {
                View<T> xs = x.Row(row, n), ys = y.Row(row, n);
                rstd[row] = Number.Of<T>(1 / Math.Sqrt(Number.Double(Rows.Dot<V, T>(xs, xs)) / n + epsilon));
                var r = V.Broadcast(rstd[row]);
                for (int i = 0; i < n; i += V.Count)
                {
                    var z = Rows.LoadUpTo<V, T>(xs, i, default) * r;
                    Rows.StoreUpTo(weight.Length > 0 ? z * Rows.LoadUpTo<V, T>(weight, i, default) : z, ys, i);
                }
            }
        }
    }

    /// <summary>
    /// dx = r (g − x̂ Σ g x̂ / n), g = dy ⊙ w, and from the same reading of the rows Σ dy ⊙ x̂ over each block of
    /// <see cref="LayerNorm.Block"/> rows, (blocks, n). Either is empty where not wanted. Items are blocks.
    /// </summary>
    public readonly struct Backward<T>(View<T> x, View<T> weight, View<T> rstd, View<T> dy, View<T> dx, View<T> dweights,
        int rows, int n) : IKernel<T>
        where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int block = from; block < to; block++)
            {
                var dw = dweights.Length > 0 ? dweights.Row(block, n) : default;
                dw.Span.Clear();
                for (int row = block * LayerNorm.Block; row < Math.Min(rows, (block + 1) * LayerNorm.Block); row++)
                {
                    View<T> xs = x.Row(row, n), gs = dy.Row(row, n);
                    var r = V.Broadcast(rstd[row]);
                    if (dx.Length > 0) Inputs(xs, gs, dx.Row(row, n), r);
                    if (dw.Length > 0) Weights(xs, gs, dw, r);
                }
            }
        }

        [MethodImpl(Compiled.Alone)]
        void Inputs<V>(View<T> x, View<T> dy, View<T> dx, V r) where V : struct, ISimd<V, T>
        {
            V dot = V.Of(0);
            for (int i = 0; i < n; i += V.Count) dot = V.MulAdd(Gradient<V>(dy, i), Rows.LoadUpTo<V, T>(x, i, default) * r, dot);
            V minusMean = V.Of(-Number.Double(V.Sum(dot)) / n);
            for (int i = 0; i < n; i += V.Count)
                Rows.StoreUpTo(r * V.MulAdd(minusMean, Rows.LoadUpTo<V, T>(x, i, default) * r, Gradient<V>(dy, i)), dx, i);
        }

        // dw += dy ⊙ x̂
        [MethodImpl(Compiled.Alone)]
        void Weights<V>(View<T> x, View<T> dy, View<T> dw, V r) where V : struct, ISimd<V, T>
        {
            for (int i = 0; i < n; i += V.Count)
            {
                V g = Rows.LoadUpTo<V, T>(dy, i, default), sum = Rows.LoadUpTo<V, T>(dw, i, default);
                Rows.StoreUpTo(V.MulAdd(g, Rows.LoadUpTo<V, T>(x, i, default) * r, sum), dw, i);
            }
        }

        // g = dy ⊙ w
        V Gradient<V>(View<T> dy, int i) where V : struct, ISimd<V, T>
        {
            var g = Rows.LoadUpTo<V, T>(dy, i, default);
            return weight.Length > 0 ? g * Rows.LoadUpTo<V, T>(weight.Row(0, n), i, default) : g;
        }
    }
}
