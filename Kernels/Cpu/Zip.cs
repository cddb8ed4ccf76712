using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// y = f(a, b), number by number, a and b stepping through the output's shape by the strides of a <see cref="Layout"/>. Items are the
/// layout's rows.
/// </summary>
public static class Zip
{
    /// <summary>yᵢ = f(aᵢ, bᵢ), all contiguous. Items are elements.</summary>
    public readonly struct Flat<F, T>(F f, View<T> a, View<T> b, View<T> y)
        : IKernel<T> where F : struct, IBinaryFunction where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            int i = from;
            for (; i <= to - V.Count; i += V.Count) V.Store(f.Apply(V.Load(a, i), V.Load(b, i)), y, i);
            int left = to - i;
            if (left > 0) V.StorePart(f.Apply(V.LoadPart(a, i, left, default), V.LoadPart(b, i, left, default)), y, i, left);
        }
    }

    /// <summary>y = f(a, b).</summary>
    public readonly struct Forward<F, T>(F f, View<T> a, View<T> b, View<T> y, Layout layout) : IKernel<T>, IZip<T>
        where F : struct, IBinaryFunction where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T> =>
            ZipRows.Run<Forward<F, T>, V, T>(this, a, b, layout, from, to);

        void IZip<T>.Put<V>(V a, V b, int i) => V.Store(f.Apply(a, b), y, i);
        void IZip<T>.PutPart<V>(V a, V b, int i, int count) => V.StorePart(f.Apply(a, b), y, i, count);
    }

    /// <summary>d = dy ⊙ ∂f/∂a (a, b, y), in the output's shape; y, dy and d are contiguous.</summary>
    public readonly struct BackwardA<F, T>(F f, View<T> a, View<T> b, View<T> y, View<T> dy, View<T> d, Layout layout) : IKernel<T>, IZip<T>
        where F : struct, IBinary where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T> =>
            ZipRows.Run<BackwardA<F, T>, V, T>(this, a, b, layout, from, to);

        void IZip<T>.Put<V>(V a, V b, int i) => V.Store(V.Load(dy, i) * f.SlopeA(a, b, V.Load(y, i)), d, i);
        void IZip<T>.PutPart<V>(V a, V b, int i, int count) =>
            V.StorePart(V.LoadPart(dy, i, count, default) * f.SlopeA(a, b, V.LoadPart(y, i, count, default)), d, i, count);
    }

    /// <summary>d = dy ⊙ ∂f/∂b (a, b, y), in the output's shape; y, dy and d are contiguous.</summary>
    public readonly struct BackwardB<F, T>(F f, View<T> a, View<T> b, View<T> y, View<T> dy, View<T> d, Layout layout) : IKernel<T>, IZip<T>
        where F : struct, IBinary where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T> =>
            ZipRows.Run<BackwardB<F, T>, V, T>(this, a, b, layout, from, to);

        void IZip<T>.Put<V>(V a, V b, int i) => V.Store(V.Load(dy, i) * f.SlopeB(a, b, V.Load(y, i)), d, i);
        void IZip<T>.PutPart<V>(V a, V b, int i, int count) =>
            V.StorePart(V.LoadPart(dy, i, count, default) * f.SlopeB(a, b, V.LoadPart(y, i, count, default)), d, i, count);
    }

    /// <summary>y = f(a, b) ≠ 0 as a truth value, for comparisons: an f that answers 1 or 0.</summary>
    public readonly unsafe struct Compare<F, T>(F f, View<T> a, View<T> b, View<byte> y, Layout layout) : IKernel<T>, IZip<T>
        where F : struct, IBinaryFunction where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T> =>
            ZipRows.Run<Compare<F, T>, V, T>(this, a, b, layout, from, to);

        void IZip<T>.Put<V>(V a, V b, int i) => ((IZip<T>)this).PutPart(a, b, i, V.Count);

        void IZip<T>.PutPart<V>(V a, V b, int i, int count)
        {
            var answers = stackalloc T[V.Count];
            V.Store(f.Apply(a, b), new(answers, V.Count), 0);
            for (int k = 0; k < count; k++) y[i + k] = (byte)Number.Double(answers[k]);
        }
    }
}
