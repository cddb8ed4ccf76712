using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Folds along one axis. x is (outer, n, inner) and y (outer, inner). Long folds are cut into halves of halves (pairwise summation), so
/// a sum's rounding error grows with log n; the order depends on n alone, never on the number of workers.
/// </summary>
public static class Reduce
{
    /// <summary>How many numbers one item of <see cref="Blocks{R, T}"/> folds.</summary>
    public const int Block = 16384;

    // how many numbers are folded one after the other
    const int Leaf = 512;

    /// <summary>How many blocks a row of n numbers has.</summary>
    public static int BlockCount(int n) => (n + Block - 1) / Block;

    /// <summary>y[o, j] = fold over i of x[o, i, j]; the identity where n = 0. Items are outputs.</summary>
    public readonly struct Forward<R, T>(R r, View<T> x, View<T> y, int n, int inner)
        : IKernel<T> where R : struct, IReducer where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            if (inner == 1)
            {
                for (int o = from; o < to; o++) y[o] = r.Across<V, T>(Fold<R, V, T>(r, x.Row(o, n), 0, n));
                return;
            }
            for (int i = from, count; i < to; i += count)
            {
                int o = i / inner, j = i % inner;
                count = Math.Min(inner - j, to - i);
                new ColumnFold<R, Terms<R, T>, T>(r, new(r, x.Row(o, n * inner), inner), n).Run<V>(j, y.Slice(i, count));
            }
        }
    }

    /// <summary>
    /// The first of two stages for few outputs of long rows, which workers can share: x is (outer, n) and y (outer, BlockCount(n)), the
    /// folds of its blocks. The second is <c>Forward&lt;Merge&lt;R&gt;, T&gt;</c> over y with n = BlockCount(n), inner = 1. A device that
    /// takes this way whenever n &gt; Block gives the same bits with any number of workers. Items are blocks, outer · BlockCount(n) of
    /// them.
    /// </summary>
    public readonly struct Blocks<R, T>(R r, View<T> x, View<T> y, int n) : IKernel<T> where R : struct, IReducer where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            int blocks = BlockCount(n);
            for (int i = from; i < to; i++)
            {
                int start = i % blocks * Block;
                y[i] = r.Across<V, T>(Fold<R, V, T>(r, x.Row(i / blocks, n), start, Math.Min(Block, n - start)));
            }
        }
    }

    // numbers start, …, start + count − 1 of a row, folded into one register
    static V Fold<R, V, T>(R r, View<T> row, int start, int count)
        where R : struct, IReducer where V : struct, ISimd<V, T> where T : unmanaged
    {
        if (count > Leaf)
        {
            int half = Halves.First(count, Leaf);
            return r.Combine(Fold<R, V, T>(r, row, start, half), Fold<R, V, T>(r, row, start + half, count - half));
        }
        V a = V.Of(r.Identity), b = a, c = a, d = a;
        int i = start, end = start + count;
        for (; i <= end - 4 * V.Count; i += 4 * V.Count)
        {
            a = r.Combine(a, r.Term(V.Load(row, i)));
            b = r.Combine(b, r.Term(V.Load(row, i + V.Count)));
            c = r.Combine(c, r.Term(V.Load(row, i + 2 * V.Count)));
            d = r.Combine(d, r.Term(V.Load(row, i + 3 * V.Count)));
        }
        for (; i <= end - V.Count; i += V.Count) a = r.Combine(a, r.Term(V.Load(row, i)));
        if (i < end) b = r.Combine(b, r.Term(V.LoadPart(row, i, end - i, Number.Of<T>(r.Identity))));
        return r.Combine(r.Combine(a, b), r.Combine(c, d));
    }

    readonly struct Terms<R, T>(R r, View<T> x, int stride) : IColumns<T> where R : struct, IReducer where T : unmanaged
    {
        public V At<V>(int row, int column) where V : struct, ISimd<V, T> => r.Term(V.Load(x, row * stride + column));
        public V Part<V>(int row, int column, int count) where V : struct, ISimd<V, T> =>
            r.Term(V.LoadPart(x, row * stride + column, count, Number.Of<T>(r.Identity)));
    }
}
