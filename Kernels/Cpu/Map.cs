using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// y = f(x), number by number: two registers at a time, whose chains of operations the processor runs side by side and which share the
/// formula's constants, while memory delivers what comes later. The kernels work on copies of their fields: the compiler cannot know that a
/// store through y leaves fields alone.
/// </summary>
public static class Map
{
    /// <summary>yᵢ = f(xᵢ). Items are elements.</summary>
    public readonly struct Forward<F, T>(F f, View<T> x, View<T> y) : IKernel<T> where F : struct, IUnary where T : unmanaged
    {
        public unsafe void Run<V>(int from, int to) where V : struct, ISimd<V, T> =>
            Rows<F, V, T>(f, x.Pointer + from, y.Pointer + from, 0, 1, to - from);
    }

    /// <summary>The same for some rows, <paramref name="row"/> apart in both.</summary>
    [MethodImpl(Compiled.Alone)]
    internal static unsafe void Rows<F, V, T>(F f, T* x, T* y, nint row, int rows, int columns)
        where F : struct, IUnary where V : struct, ISimd<V, T> where T : unmanaged
    {
        for (; rows > 0; rows--, x += row, y += row)
        {
            View<T> from = new(x, columns), to = new(y, columns);
            int i = 0;
            for (; i <= columns - 2 * V.Count; i += 2 * V.Count)
            {
                Cpu.Rows.Prefetch(from, i + 32 * V.Count, V.Count);
                V left = f.Apply(V.Load(from, i)), right = f.Apply(V.Load(from, i + V.Count));
                V.Store(left, to, i);
                V.Store(right, to, i + V.Count);
            }
            for (; i < columns; i += V.Count)
            {
                int count = Math.Min(V.Count, columns - i);
                V.StorePart(f.Apply(V.LoadPart(from, i, count, default)), to, i, count);
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
