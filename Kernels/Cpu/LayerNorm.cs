using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Layer normalisation over rows of n (Ba, Kiros and Hinton, 2016): y = x̂ ⊙ w + b, x̂ = (x − μ) r, r = 1/√(σ² + ε), σ² = Σ (x − μ)²/n.
/// A row is measured from its first number, x − x₀, and μ is the mean of that: an offset much larger than σ then costs no digits. The
/// passes over a row find it in the first level of the cache.
/// </summary>
public static class LayerNorm
{
    /// <summary>How many rows an item of <see cref="Backward{T}"/> takes.</summary>
    public const int Block = 32;

    /// <summary>How many blocks there are of so many rows.</summary>
    public static int BlockCount(int rows) => (rows + Block - 1) / Block;

    /// <summary>y, and each row's μ and r. w and b are (n), or empty for 1 and 0. Items are rows.</summary>
    public readonly struct Forward<T>(View<T> x, View<T> weight, View<T> bias, View<T> y, View<T> mean, View<T> rstd, int n, double epsilon)
        : IKernel<T>
        where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int row = from; row < to; row++)
            {
                var xs = x.Row(row, n);
                var (μ, r) = Statistics<V>(xs);
                (mean[row], rstd[row]) = (μ, r);
                Normalise<V>(xs, y.Row(row, n), new(First(xs), μ, r));
            }
        }

        // From one pass, σ² = Σ (x − x₀)²/n − μ²; where more than two bits of that would cancel, since x₀ lies apart, from a second.
        (T Mean, T Rstd) Statistics<V>(View<T> x) where V : struct, ISimd<V, T>
        {
            double share = 1.0 / n;
            var (sum, squares) = Rows.Moments<V, T>(x, First(x));
            var mean = Number.Of<T>(sum * share);
            double variance = squares * share - sum * share * (sum * share);
            if (!(4 * variance >= squares * share)) variance = Number.Double(Rows.SquaredDistance<V, T>(x, First(x), mean)) * share;
            return (mean, Number.Of<T>(1 / Math.Sqrt(variance + epsilon)));
        }

        [MethodImpl(Compiled.Alone)]
        void Normalise<V>(View<T> x, View<T> y, Normalised<V, T> normalised) where V : struct, ISimd<V, T>
        {
            var (w, b) = (weight, bias);
            int i = 0;
            if (w.Length > 0 && b.Length > 0)
                for (; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
                {
                    Rows.Prefetch(x, x.Length + i, V.Count);
                    Rows.Prefetch(y, y.Length + i, V.Count);
                    V left = normalised.At(x, i), right = normalised.At(x, i + V.Count);
                    V.Store(V.MulAdd(left, V.Load(w, i), V.Load(b, i)), y, i);
                    V.Store(V.MulAdd(right, V.Load(w, i + V.Count), V.Load(b, i + V.Count)), y, i + V.Count);
                }
            for (; i < x.Length; i += V.Count)
            {
                var z = normalised.UpTo(x, i);
                if (w.Length > 0) z *= Rows.LoadUpTo<V, T>(w, i, default);
                Rows.StoreUpTo(b.Length > 0 ? z + Rows.LoadUpTo<V, T>(b, i, default) : z, y, i);
            }
        }
    }

    /// <summary>
    /// dx = r (g − Σ g / n − x̂ Σ g x̂ / n), g = dy ⊙ w, and from the same reading of the rows what the parameters' gradients are the sum
    /// of: Σ dy ⊙ x̂ and Σ dy over each block of rows, (blocks, n) both. Any of the three is empty where not wanted. Items are blocks.
    /// </summary>
    public readonly struct Backward<T>(View<T> x, View<T> weight, View<T> mean, View<T> rstd, View<T> dy, View<T> dx,
        View<T> dweights, View<T> dbiases, int rows, int n) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int block = from; block < to; block++)
            {
                var dw = dweights.Length > 0 ? dweights.Row(block, n) : default;
                var db = dbiases.Length > 0 ? dbiases.Row(block, n) : default;
                dw.Span.Clear();
                db.Span.Clear();
                for (int row = block * Block; row < Math.Min(rows, (block + 1) * Block); row++)
                {
                    View<T> xs = x.Row(row, n), gs = dy.Row(row, n);
                    Normalised<V, T> normalised = new(First(xs), mean[row], rstd[row]);
                    if (dx.Length > 0) Inputs(xs, gs, dx.Row(row, n), normalised);
                    if (dw.Length > 0) Weights(xs, gs, dw, normalised);
                    if (db.Length > 0) Rows.Add<V, T>(db, gs);
                }
            }
        }

        [MethodImpl(Compiled.Alone)]
        void Inputs<V>(View<T> x, View<T> dy, View<T> dx, Normalised<V, T> normalised) where V : struct, ISimd<V, T>
        {
            var w = weight.Length > 0 ? weight.Row(0, n) : weight;      // nothing behind it
            V sum = V.Of(0), otherSum = sum, dot = sum, otherDot = sum;
            int i = 0;
            for (; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
            {
                V left = Gradient<V>(dy, w, i), right = Gradient<V>(dy, w, i + V.Count);
                sum += left;
                otherSum += right;
                dot = V.MulAdd(left, normalised.At(x, i), dot);
                otherDot = V.MulAdd(right, normalised.At(x, i + V.Count), otherDot);
            }
            for (; i < x.Length; i += V.Count)
            {
                var g = GradientUpTo<V>(dy, w, i);
                sum += g;
                dot = V.MulAdd(g, normalised.UpTo(x, i), dot);
            }
            double share = 1.0 / x.Length;
            V meanG = V.Of(Number.Double(V.Sum(sum + otherSum)) * share);
            V minusMeanDot = V.Of(-Number.Double(V.Sum(dot + otherDot)) * share);
            for (i = 0; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
            {
                V left = Gradient<V>(dy, w, i) - meanG, right = Gradient<V>(dy, w, i + V.Count) - meanG;
                V.Store(normalised.Scale * V.MulAdd(minusMeanDot, normalised.At(x, i), left), dx, i);
                V.Store(normalised.Scale * V.MulAdd(minusMeanDot, normalised.At(x, i + V.Count), right), dx, i + V.Count);
            }
            for (; i < x.Length; i += V.Count)
                Rows.StoreUpTo(normalised.Scale * V.MulAdd(minusMeanDot, normalised.UpTo(x, i), GradientUpTo<V>(dy, w, i) - meanG), dx, i);
        }

        // dw += dy ⊙ x̂
        [MethodImpl(Compiled.Alone)]
        static void Weights<V>(View<T> x, View<T> dy, View<T> dw, Normalised<V, T> normalised) where V : struct, ISimd<V, T>
        {
            int i = 0;
            for (; i <= x.Length - 2 * V.Count; i += 2 * V.Count)
            {
                V left = normalised.At(x, i), right = normalised.At(x, i + V.Count);
                V.Store(V.MulAdd(V.Load(dy, i), left, V.Load(dw, i)), dw, i);
                V.Store(V.MulAdd(V.Load(dy, i + V.Count), right, V.Load(dw, i + V.Count)), dw, i + V.Count);
            }
            for (; i < x.Length; i += V.Count)
            {
                V g = Rows.LoadUpTo<V, T>(dy, i, default), sum = Rows.LoadUpTo<V, T>(dw, i, default);
                Rows.StoreUpTo(V.MulAdd(g, normalised.UpTo(x, i), sum), dw, i);
            }
        }

        // g = dy ⊙ w
        static V Gradient<V>(View<T> dy, View<T> w, int i) where V : struct, ISimd<V, T> =>
            w.Length > 0 ? V.Load(dy, i) * V.Load(w, i) : V.Load(dy, i);

        static V GradientUpTo<V>(View<T> dy, View<T> w, int i) where V : struct, ISimd<V, T>
        {
            var g = Rows.LoadUpTo<V, T>(dy, i, default);
            return w.Length > 0 ? g * Rows.LoadUpTo<V, T>(w, i, default) : g;
        }
    }

    // x₀; 0 in a row of nothing
    static T First<T>(View<T> row) where T : unmanaged => row.Length > 0 ? row[0] : default;

    /// <summary>x̂ of a row: (x − x₀) r − μ r.</summary>
    readonly struct Normalised<V, T>(T first, T mean, T rstd) where V : struct, ISimd<V, T> where T : unmanaged
    {
        readonly V x0 = V.Broadcast(first), shift = V.Of(-Number.Double(mean) * Number.Double(rstd));

        public readonly V Scale = V.Broadcast(rstd);

        public V At(View<T> x, int i) => V.MulAdd(V.Load(x, i) - x0, Scale, shift);
        public V UpTo(View<T> x, int i) => V.MulAdd(Rows.LoadUpTo<V, T>(x, i, default) - x0, Scale, shift);
    }
}
