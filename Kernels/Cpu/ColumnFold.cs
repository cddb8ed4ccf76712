namespace NanoAttention.Kernels.Cpu;

/// <summary>The numbers that a fold down the columns of a matrix reads, a register at a time.</summary>
interface IColumns<T> where T : unmanaged
{
    V At<V>(int row, int column) where V : struct, ISimd<V, T>;
    V Part<V>(int row, int column, int count) where V : struct, ISimd<V, T>;
}

/// <summary>
/// y[j] = fold over the rows of x[row, j], each column by halves of halves of its rows, two registers of columns at a time.
/// </summary>
readonly struct ColumnFold<R, K, T>(R r, K x, int rows) where R : struct, IReducer where K : struct, IColumns<T> where T : unmanaged
{
    // how many rows are folded one after the other
    const int Leaf = 32;

    /// <summary>y[i] for the columns <paramref name="column"/>, …, column + y.Length − 1.</summary>
    public void Run<V>(int column, View<T> y) where V : struct, ISimd<V, T>
    {
        int i = 0;
        for (; i <= y.Length - 2 * V.Count; i += 2 * V.Count)
        {
            var (left, right) = Pair<V>(0, rows, column + i);
            V.Store(left, y, i);
            V.Store(right, y, i + V.Count);
        }
        for (; i <= y.Length - V.Count; i += V.Count) V.Store(Single<V>(0, rows, column + i, V.Count), y, i);
        if (i < y.Length) V.StorePart(Single<V>(0, rows, column + i, y.Length - i), y, i, y.Length - i);
    }

    (V Left, V Right) Pair<V>(int start, int count, int column) where V : struct, ISimd<V, T>
    {
        if (count > Leaf)
        {
            int half = Halves.First(count, Leaf);
            var (a, b) = Pair<V>(start, half, column);
            var (c, d) = Pair<V>(start + half, count - half, column);
            return (r.Combine(a, c), r.Combine(b, d));
        }
        V left = V.Of(r.Identity), right = left;
        for (int row = start; row < start + count; row++)
        {
            left = r.Combine(left, x.At<V>(row, column));
            right = r.Combine(right, x.At<V>(row, column + V.Count));
        }
        return (left, right);
    }

    V Single<V>(int start, int count, int column, int width) where V : struct, ISimd<V, T>
    {
        if (count > Leaf)
        {
            int half = Halves.First(count, Leaf);
            return r.Combine(Single<V>(start, half, column, width), Single<V>(start + half, count - half, column, width));
        }
        var fold = V.Of(r.Identity);
        for (int row = start; row < start + count; row++)
            fold = r.Combine(fold, width == V.Count ? x.At<V>(row, column) : x.Part<V>(row, column, width));
        return fold;
    }
}

/// <summary>Where pairwise summation cuts.</summary>
static class Halves
{
    /// <summary>
    /// The size of the first half of <paramref name="count"/>: a whole number of leaves, so that a register never straddles the cut.
    /// </summary>
    public static int First(int count, int leaf) => (count / 2 + leaf - 1) / leaf * leaf;
}
