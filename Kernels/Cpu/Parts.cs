using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Work on many tensors at once, cut into parts of a few pages, so that workers share many small ones as evenly as one large one.
/// </summary>
public static unsafe class Parts
{
    /// <summary>The most numbers of a part.</summary>
    public const int Length = 16384;

    /// <summary>How many parts so many numbers make.</summary>
    public static int Count(int count) => (count + Length - 1) / Length;

    /// <summary>Numbers beside each other.</summary>
    public readonly struct Part<T>(T* x, int count) where T : unmanaged
    {
        internal View<T> Numbers => new(x, count);
    }

    /// <summary>sums[i] = Σ x² over part i. Items are parts.</summary>
    public readonly struct SumsOfSquares<T>(View<Part<T>> parts, View<T> sums) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int i = from; i < to; i++)
            {
                var x = parts[i].Numbers;
                new Reduce.Forward<SumOfSquares, T>(default, x, sums.Slice(i, 1), x.Length, 1).Run<V>(0, 1);
            }
        }
    }

    /// <summary>x ← 0. Items are parts.</summary>
    public readonly struct Zero<T>(View<Part<T>> parts) : IScalarKernel where T : unmanaged
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++) parts[i].Numbers.Span.Clear();
        }
    }

    /// <summary>x ← factor · x. Items are parts.</summary>
    public readonly struct Scale<T>(View<Part<T>> parts, double factor) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int i = from; i < to; i++) Rows.Scale<V, T>(parts[i].Numbers, factor);
        }
    }
}
