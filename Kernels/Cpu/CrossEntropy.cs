using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Cross entropy of rows of n logits with one target each, smoothed by ε (Szegedy et al., 2016, section 7):
/// loss = lse − (1 − ε) x_t − ε Σⱼ xⱼ / n, lse = log Σⱼ exp xⱼ. A row whose target is <c>ignore</c> has loss 0. Items are rows.
/// </summary>
public static class CrossEntropy
{
    /// <summary>The losses and lse, each (rows); lse is 0 where ignored.</summary>
    public readonly struct Forward<T>(View<T> logits, View<int> targets, View<T> losses, View<T> lse, int n, int ignore, double smoothing)
        : IKernel<T>
        where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int row = from; row < to; row++)
            {
                if (targets[row] == ignore)
                {
                    losses[row] = lse[row] = default;
                    continue;
                }
                var x = logits.Row(row, n);
                var (max, log) = Rows.LogSumExp<V, T>(x);
                // max leaves before log joins: their sum would lose the loss's last digits where the logits are large
                double loss = log + (max - Number.Double(x[targets[row]]));
                if (smoothing > 0) loss += smoothing * (Number.Double(x[targets[row]]) - Number.Double(Rows.Total<V, T>(x)) / n);
                losses[row] = Number.Of<T>(loss);
                lse[row] = Number.Of<T>(max + log);
            }
        }
    }

    /// <summary>dxⱼ = dloss (exp(xⱼ − lse) − (1 − ε) [j = t] − ε / n); 0 where ignored.</summary>
    public readonly struct Backward<T>(View<T> logits, View<int> targets, View<T> lse, View<T> dlosses, View<T> dx, int n, int ignore,
        double smoothing) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            V share = V.Of(smoothing / n);
            for (int row = from; row < to; row++)
            {
                View<T> x = logits.Row(row, n), d = dx.Row(row, n);
                if (targets[row] == ignore)
                {
                    d.Span.Clear();
                    continue;
                }
                V total = V.Broadcast(lse[row]), g = V.Broadcast(dlosses[row]);
                int i = 0;
                for (; i <= n - 2 * V.Count; i += 2 * V.Count)
                {
                    V left = V.Exp(V.Load(x, i) - total), right = V.Exp(V.Load(x, i + V.Count) - total);
                    V.Store((left - share) * g, d, i);
                    V.Store((right - share) * g, d, i + V.Count);
                }
                for (; i < n; i += V.Count) Rows.StoreUpTo((V.Exp(Rows.LoadUpTo<V, T>(x, i, default) - total) - share) * g, d, i);
                int t = targets[row];     // in double precision: where a model is sure and right, probability − 1 cancels
                double probability = Math.Exp(Number.Double(x[t]) - Number.Double(lse[row]));
                d[t] = Number.Of<T>((probability - smoothing / n - (1 - smoothing)) * Number.Double(dlosses[row]));
            }
        }
    }
}
