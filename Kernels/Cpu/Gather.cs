using System.Buffers;
using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>Rows of a table picked by index, as an embedding does, and their gradients summed back.</summary>
public static class Gather
{
    /// <summary>y[i] = table[indices[i]], rows of n numbers of any type. Items are indices.</summary>
    public readonly struct Rows<T>(View<T> table, View<int> indices, View<T> y, int n) : IScalarKernel where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            if (n == 1)
                for (int i = from; i < to; i++) y[i] = table[indices[i]];
            else
                for (int i = from; i < to; i++) table.Row(indices[i], n).Span.CopyTo(y.Row(i, n).Span);
        }
    }

    /// <summary>
    /// dtable[r] += Σ dy[i] over the positions i whose index is r, in order of position. One item is one distinct row, so two workers never
    /// add to the same one; order, starts and rows are those of <see cref="Sort"/>.
    /// </summary>
    public readonly struct ScatterAdd<T>(View<T> dy, View<int> order, View<int> starts, View<int> rows, View<T> dtable, int n)
        : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int item = from; item < to; item++)
            {
                var sum = dtable.Row(rows[item], n);
                for (int k = starts[item]; k < starts[item + 1]; k++) Rows.Add<V, T>(sum, dy.Row(order[k], n));
            }
        }
    }

    /// <summary>
    /// Sorts the positions 0, 1, … by their index, keeping equal ones in order (counting sort), and returns the number of distinct indices
    /// d. order (indices.Length) receives the positions; rows[k], k &lt; d, the k-th distinct index; starts[k] where its run in order
    /// begins, starts[d] = indices.Length. rows holds at least min(indices.Length, tableRows) ints, starts one more.
    /// </summary>
    public static int Sort(View<int> indices, int tableRows, View<int> order, View<int> starts, View<int> rows)
    {
        int[] next = ArrayPool<int>.Shared.Rent(tableRows);
        Array.Clear(next, 0, tableRows);
        foreach (int index in indices.Span) next[index]++;
        int distinct = 0, start = 0;
        for (int row = 0; row < tableRows; row++)
        {
            int count = next[row];
            if (count == 0) continue;
            (rows[distinct], starts[distinct]) = (row, start);
            next[row] = start;
            start += count;
            distinct++;
        }
        starts[distinct] = start;
        for (int i = 0; i < indices.Length; i++) order[next[indices[i]]++] = i;
        ArrayPool<int>.Shared.Return(next);
        return distinct;
    }
}
