using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Layer normalisation over rows of n (Ba, Kiros and Hinton, 2016): y = x̂ ⊙ w + b, x̂ = (x − μ) r, r = 1/√(σ² + ε), with σ² = Σ (x − μ)² / n.
/// A row is measured from its first number, x − x₀, and μ is the mean of that: an offset much larger than σ then costs no digits.
/// </summary>
public static class LayerNorm
{
    /// <summary>y, and each row's μ and r. w and b are (n), or empty for 1 and 0. Items are rows.</summary>
    public readonly struct Forward<T>(View<T> x, View<T> weight, View<T> bias, View<T> y, View<T> mean, View<T> rstd, int n, double epsilon) : IKernel<T>
        where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int row = from; row < to; row++)
            {
                var (xs, ys) = (x.Row(row, n), y.Row(row, n));
                T first = First(xs);
                mean[row] = Number.Of<T>(Number.Double(Rows.Distance<V, T>(xs, first)) / n);
                V x0 = V.Broadcast(first), μ = V.Broadcast(mean[row]);
                rstd[row] = Number.Of<T>(1 / Math.Sqrt(Number.Double(Rows.SquaredDistance<V, T>(xs, first, mean[row])) / n + epsilon));
                V r = V.Broadcast(rstd[row]);
                int i = 0;
                for (; i <= n - V.Count; i += V.Count)
                {
                    var z = (V.Load(xs, i) - x0 - μ) * r;
                    if (weight.Length > 0) z *= V.Load(weight, i);
                    V.Store(bias.Length > 0 ? z + V.Load(bias, i) : z, ys, i);
                }
                if (i < n)
                {
                    var z = (V.LoadPart(xs, i, n - i, default) - x0 - μ) * r;
                    if (weight.Length > 0) z *= V.LoadPart(weight, i, n - i, default);
                    V.StorePart(bias.Length > 0 ? z + V.LoadPart(bias, i, n - i, default) : z, ys, i, n - i);
                }
            }
        }
    }

    /// <summary>dx = r (g − Σ g / n − x̂ Σ g x̂ / n), g = dy ⊙ w. Items are rows.</summary>
    public readonly struct Backward<T>(View<T> x, View<T> weight, View<T> mean, View<T> rstd, View<T> dy, View<T> dx, int n) : IKernel<T>
        where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int row = from; row < to; row++)
            {
                var (xs, gs, ds) = (x.Row(row, n), dy.Row(row, n), dx.Row(row, n));
                V x0 = V.Broadcast(First(xs)), μ = V.Broadcast(mean[row]), r = V.Broadcast(rstd[row]), sum = V.Of(0), dot = sum;
                int i = 0;
                for (; i <= n - V.Count; i += V.Count)
                {
                    var g = weight.Length > 0 ? V.Load(gs, i) * V.Load(weight, i) : V.Load(gs, i);
                    sum += g;
                    dot = V.MulAdd(g, (V.Load(xs, i) - x0 - μ) * r, dot);
                }
                int left = n - i;
                if (left > 0)
                {
                    var g = Part<V>(gs, i, left);
                    sum += g;
                    dot = V.MulAdd(g, (V.LoadPart(xs, i, left, default) - x0 - μ) * r, dot);
                }
                V meanG = V.Of(Number.Double(V.Sum(sum)) / n), meanDot = V.Of(Number.Double(V.Sum(dot)) / n);
                for (i = 0; i <= n - V.Count; i += V.Count)
                {
                    var g = weight.Length > 0 ? V.Load(gs, i) * V.Load(weight, i) : V.Load(gs, i);
                    V.Store(r * (g - meanG - (V.Load(xs, i) - x0 - μ) * r * meanDot), ds, i);
                }
                if (left > 0) V.StorePart(r * (Part<V>(gs, i, left) - meanG - (V.LoadPart(xs, i, left, default) - x0 - μ) * r * meanDot), ds, i, left);
            }
        }

        // g[i …] = dy ⊙ w at a row's end
        V Part<V>(View<T> gs, int i, int count) where V : struct, ISimd<V, T>
        {
            var g = V.LoadPart(gs, i, count, default);
            return weight.Length > 0 ? g * V.LoadPart(weight, i, count, default) : g;
        }
    }

    /// <summary>dw = Σ over the rows of dy ⊙ x̂ and db = Σ dy, each (n), either empty where it is not wanted. Items are columns.</summary>
    public readonly struct BackwardParameters<T>(View<T> x, View<T> mean, View<T> rstd, View<T> dy, View<T> dweight, View<T> dbias, int rows, int n) : IKernel<T>
        where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            if (dweight.Length > 0)
                new ColumnFold<Sum, WeightTerms<T>, T>(default, new(x, mean, rstd, dy, n), rows).Run<V>(from, dweight.Slice(from, to - from));
            if (dbias.Length > 0)
                new ColumnFold<Sum, BiasTerms<T>, T>(default, new(dy, n), rows).Run<V>(from, dbias.Slice(from, to - from));
        }
    }

    readonly struct WeightTerms<T>(View<T> x, View<T> mean, View<T> rstd, View<T> dy, int n) : IColumns<T> where T : unmanaged
    {
        public V At<V>(int row, int column) where V : struct, ISimd<V, T> =>
            V.Load(dy.Row(row, n), column) * ((V.Load(x.Row(row, n), column) - V.Broadcast(x.Row(row, n)[0]) - V.Broadcast(mean[row])) * V.Broadcast(rstd[row]));

        public V Part<V>(int row, int column, int count) where V : struct, ISimd<V, T> =>
            V.LoadPart(dy.Row(row, n), column, count, default)
            * ((V.LoadPart(x.Row(row, n), column, count, default) - V.Broadcast(x.Row(row, n)[0]) - V.Broadcast(mean[row])) * V.Broadcast(rstd[row]));
    }

    // x₀; 0 in a row of nothing
    static T First<T>(View<T> row) where T : unmanaged => row.Length > 0 ? row[0] : default;

    readonly struct BiasTerms<T>(View<T> dy, int n) : IColumns<T> where T : unmanaged
    {
        public V At<V>(int row, int column) where V : struct, ISimd<V, T> => V.Load(dy.Row(row, n), column);
        public V Part<V>(int row, int column, int count) where V : struct, ISimd<V, T> => V.LoadPart(dy.Row(row, n), column, count, default);
    }
}
