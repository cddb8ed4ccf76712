using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Recurrences along one axis: tensors are (outer, n, inner), each column is walked from its first number to its last. Items are columns.
/// </summary>
public static class Scan
{
    /// <summary>yₖ = aₖ yₖ₋₁ + bₖ with y₋₁ = 0; without a it is the running sum. In reverse, yₖ = aₖ yₖ₊₁ + bₖ.</summary>
    public readonly struct Linear<T>(View<T> a, View<T> b, View<T> y, int n, int inner, bool reverse) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            if (n == 0) return;
            int step = reverse ? -inner : inner;
            for (int i = from, count; i < to; i += count)
            {
                int j = i % inner, at = (i / inner * n + (reverse ? n - 1 : 0)) * inner + j;
                count = Math.Min(V.Count, Math.Min(inner - j, to - i));
                var last = Load<V>(b, at, count);
                Store(last, at, count);
                for (int k = 1; k < n; k++)
                {
                    at += step;
                    last = (a.Length == 0 ? last : Load<V>(a, at, count) * last) + Load<V>(b, at, count);
                    Store(last, at, count);
                }
            }
        }

        static V Load<V>(View<T> x, int at, int count) where V : struct, ISimd<V, T> =>
            count == V.Count ? V.Load(x, at) : V.LoadPart(x, at, count, default);

        void Store<V>(V v, int at, int count) where V : struct, ISimd<V, T>
        {
            if (count == V.Count) V.Store(v, y, at);
            else V.StorePart(v, y, at, count);
        }
    }

    /// <summary>yₖ = the i ≤ k of the largest sign · xᵢ; the last on ties; the last NaN wins.</summary>
    public readonly struct ArgLargest<T>(double sign, View<T> x, View<int> y, int n, int inner) : IScalarKernel where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                int best = 0, at = i / inner * n * inner + i % inner;
                double largest = double.NegativeInfinity;
                for (int k = 0; k < n; k++, at += inner)
                {
                    double value = sign * Number.Double(x[at]);
                    if (double.IsNaN(value) || value >= largest) (best, largest) = (k, value);      // nothing is ≥ NaN
                    y[at] = best;
                }
            }
        }
    }
}
