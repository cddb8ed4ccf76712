using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Batch normalisation (Ioffe and Szegedy, 2015): each channel of x (batch, channels, places) by its own mean μ and variance σ² over batch
/// and places, y = x̂ ⊙ w + b, x̂ = (x − μ) r, r = 1/√(σ² + ε). A channel is an item: its planes stay in the cache while they are read for
/// the mean, the variance and the result. It is measured from its first number, as rows are in <see cref="LayerNorm"/>: where x₀ stands, μ
/// is the mean of x − x₀.
/// </summary>
public static class BatchNorm
{
    /// <summary>y, and each channel's μ (from x₀), σ² and r. w and b are (channels), or empty for 1 and 0.</summary>
    public readonly struct Forward<T>(View<T> x, View<T> weight, View<T> bias, View<T> y, View<T> mean, View<T> variance, View<T> rstd,
        int batch, int channels, int places, double epsilon) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            double count = (double)batch * places;
            for (int c = from; c < to; c++)
            {
                T first = x.Row(c, places)[0];
                double sum = 0, squares = 0;
                for (int n = 0; n < batch; n++) sum += Number.Double(Rows.Distance<V, T>(x.Row(n * channels + c, places), first));
                mean[c] = Number.Of<T>(sum / count);
                for (int n = 0; n < batch; n++)
                    squares += Number.Double(Rows.SquaredDistance<V, T>(x.Row(n * channels + c, places), first, mean[c]));
                variance[c] = Number.Of<T>(squares / count);
                rstd[c] = Number.Of<T>(1 / Math.Sqrt(squares / count + epsilon));

                V x0 = V.Broadcast(first), μ = V.Broadcast(mean[c]), r = V.Broadcast(rstd[c]);
                V w = weight.Length > 0 ? V.Broadcast(weight[c]) : V.Of(1), b = bias.Length > 0 ? V.Broadcast(bias[c]) : V.Of(0);
                for (int n = 0; n < batch; n++)
                {
                    var (xs, ys) = (x.Row(n * channels + c, places), y.Row(n * channels + c, places));
                    int i = 0;
                    for (; i <= places - V.Count; i += V.Count) V.Store((V.Load(xs, i) - x0 - μ) * r * w + b, ys, i);
                    if (i < places) V.StorePart((V.LoadPart(xs, i, places - i, default) - x0 - μ) * r * w + b, ys, i, places - i);
                }
            }
        }
    }

    /// <summary>
    /// dx = w r (dy − Σ dy / N − x̂ Σ dy x̂ / N) over the N numbers of a channel; dw = Σ dy x̂; db = Σ dy. What is not wanted is empty.
    /// </summary>
    public readonly struct Backward<T>(View<T> x, View<T> weight, View<T> mean, View<T> rstd, View<T> dy, View<T> dx,
        View<T> dweight, View<T> dbias, int batch, int channels, int places) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            double count = (double)batch * places;
            for (int c = from; c < to; c++)
            {
                V x0 = V.Broadcast(x.Row(c, places)[0]), μ = V.Broadcast(mean[c]), r = V.Broadcast(rstd[c]);
                double sum = 0, dot = 0;
                for (int n = 0; n < batch; n++)
                {
                    var (planeSum, planeDot) = Sums(x.Row(n * channels + c, places), dy.Row(n * channels + c, places), x0, μ, r);
                    (sum, dot) = (sum + planeSum, dot + planeDot);
                }
                if (dweight.Length > 0) dweight[c] = Number.Of<T>(dot);
                if (dbias.Length > 0) dbias[c] = Number.Of<T>(sum);
                if (dx.Length == 0) continue;
                V a = weight.Length > 0 ? r * V.Broadcast(weight[c]) : r, meanG = V.Of(sum / count), meanDot = V.Of(dot / count);
                for (int n = 0; n < batch; n++)
                {
                    int plane = n * channels + c;
                    var (xs, gs, ds) = (x.Row(plane, places), dy.Row(plane, places), dx.Row(plane, places));
                    int i = 0;
                    for (; i <= places - V.Count; i += V.Count)
                        V.Store(a * (V.Load(gs, i) - meanG - (V.Load(xs, i) - x0 - μ) * r * meanDot), ds, i);
                    int left = places - i;
                    if (left > 0)
                        V.StorePart(
                            a * (V.LoadPart(gs, i, left, default) - meanG - (V.LoadPart(xs, i, left, default) - x0 - μ) * r * meanDot),
                            ds, i, left);
                }
            }
        }

        // Σ dy and Σ dy x̂ over a plane
        (double, double) Sums<V>(View<T> xs, View<T> gs, V x0, V μ, V r) where V : struct, ISimd<V, T>
        {
            V sum = V.Of(0), dot = sum, otherSum = sum, otherDot = sum;
            int i = 0;
            for (; i <= places - 2 * V.Count; i += 2 * V.Count)
            {
                V g = V.Load(gs, i), h = V.Load(gs, i + V.Count);
                (sum, otherSum) = (sum + g, otherSum + h);
                dot = V.MulAdd(g, (V.Load(xs, i) - x0 - μ) * r, dot);
                otherDot = V.MulAdd(h, (V.Load(xs, i + V.Count) - x0 - μ) * r, otherDot);
            }
            for (int count; i < places; i += count)
            {
                count = Math.Min(V.Count, places - i);
                var g = count == V.Count ? V.Load(gs, i) : V.LoadPart(gs, i, count, default);
                sum += g;
                dot = V.MulAdd(g, ((count == V.Count ? V.Load(xs, i) : V.LoadPart(xs, i, count, default)) - x0 - μ) * r, dot);
            }
            return (Number.Double(V.Sum(sum + otherSum)), Number.Double(V.Sum(dot + otherDot)));
        }
    }
}
