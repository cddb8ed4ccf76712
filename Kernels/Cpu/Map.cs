using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// y = f(x), number by number: two registers at a time, whose chains of operations the processor runs side by side and which share the
/// formula's constants. The kernels work on copies of their fields: the compiler cannot know that a store through y leaves fields alone.
/// </summary>
public static class Map
{
    /// <summary>yᵢ = f(xᵢ). Items are elements.</summary>
    public readonly struct Forward<F, T>(F f, View<T> x, View<T> y) : IKernel<T> where F : struct, IUnary where T : unmanaged
    {
        readonly F f = f;
        readonly View<T> x = x, y = y;

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            var (f, x, y) = (this.f, this.x, this.y);
            int i = from;
            for (; i <= to - 2 * V.Count; i += 2 * V.Count)
            {
                V left = f.Apply(V.Load(x, i)), right = f.Apply(V.Load(x, i + V.Count));
                V.Store(left, y, i);
                V.Store(right, y, i + V.Count);
            }
            for (; i < to; i += V.Count)
            {
                int count = Math.Min(V.Count, to - i);
                V.StorePart(f.Apply(V.LoadPart(x, i, count, default)), y, i, count);
            }
        }
    }

    /// <summary>dxᵢ = dyᵢ f′(xᵢ, yᵢ). Items are elements.</summary>
    public readonly struct Backward<F, T>(F f, View<T> x, View<T> y, View<T> dy, View<T> dx)
        : IKernel<T> where F : struct, IUnary where T : unmanaged
    {
        readonly F f = f;
        readonly View<T> x = x, y = y, dy = dy, dx = dx;

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            var (f, x, y, dy, dx) = (this.f, this.x, this.y, this.dy, this.dx);
            int i = from;
            for (; i <= to - 2 * V.Count; i += 2 * V.Count)
            {
                var left = V.Load(dy, i) * f.Slope(V.Load(x, i), V.Load(y, i));
                var right = V.Load(dy, i + V.Count) * f.Slope(V.Load(x, i + V.Count), V.Load(y, i + V.Count));
                V.Store(left, dx, i);
                V.Store(right, dx, i + V.Count);
            }
            for (; i < to; i += V.Count)
            {
                int count = Math.Min(V.Count, to - i);
                var slope = f.Slope(V.LoadPart(x, i, count, default), V.LoadPart(y, i, count, default));
                V.StorePart(V.LoadPart(dy, i, count, default) * slope, dx, i, count);
            }
        }
    }
}
