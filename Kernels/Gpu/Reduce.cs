using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// Folds along one axis. x is (outer, n, inner) and y (outer, inner). Long folds are folds of blocks' folds: so few outputs still give work
/// to many threads, and a sum's rounding error grows slowly with n. The order depends on the sizes of the group and of the axis alone.
/// </summary>
public static class Reduce
{
    /// <summary>How many numbers one group of <see cref="Blocks"/> folds.</summary>
    public const int Block = 16384;

    /// <summary>How many numbers one thread of <see cref="Columns"/> folds.</summary>
    public const int ColumnBlock = 64;

    /// <summary>How many blocks a row of n numbers has.</summary>
    public static int BlockCount(int n) => (n + Block - 1) / Block;

    /// <summary>y[o] = fold over i of x[o, i], where inner = 1. A group takes a row.</summary>
    public static void Rows<R>(R r, ArrayView<float> x, ArrayView<float> y, int n) where R : struct, IReducer
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int o = Grid.IdxX; o < y.IntLength; o += Grid.DimX)
        {
            float fold = Threads.Fold(r, Strand(r, x, o * n + Group.IdxX, o * n + n, Group.DimX), shared);
            if (Group.IdxX == 0) y[o] = fold;
        }
    }

    /// <summary>
    /// The first of two stages for few outputs of long rows: x is (outer, n) and y (outer, BlockCount(n)), the folds of its blocks. The
    /// second is <see cref="Rows"/> with <see cref="Merge{R}"/>. A group takes a block.
    /// </summary>
    public static void Blocks<R>(R r, ArrayView<float> x, ArrayView<float> y, int n) where R : struct, IReducer
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        int blocks = BlockCount(n);
        for (int i = Grid.IdxX; i < y.IntLength; i += Grid.DimX)
        {
            int row = i / blocks, start = (i - row * blocks) * Block;
            float fold = Threads.Fold(r, Strand(r, x, row * n + start + Group.IdxX, row * n + Math.Min(start + Block, n), Group.DimX), shared);
            if (Group.IdxX == 0) y[i] = fold;
        }
    }

    /// <summary>y[o, b, j] = fold over the i of block b of x[o, i, j]. A thread takes an output.</summary>
    public static void Columns<R>(R r, ArrayView<float> x, ArrayView<float> y, int n, int inner) where R : struct, IReducer
    {
        int blocks = Math.Max(1, (n + ColumnBlock - 1) / ColumnBlock);
        for (int i = Threads.First; i < y.IntLength; i += Threads.All)
        {
            int block = i / inner, j = i - block * inner, o = block / blocks, first = (block - o * blocks) * ColumnBlock;
            int start = (o * n + first) * inner + j;
            y[i] = Strand(r, x, start, start + Math.Min(ColumnBlock, n - first) * inner, inner);
        }
    }

    // the fold of x[start], x[start + step], …, below end, in four strands, whose loads do not wait for each other; the identity where there is none
    static float Strand<R>(R r, ArrayView<float> x, int start, int end, int step) where R : struct, IReducer
    {
        F32 identity = new((float)r.Identity), a = identity, b = identity, c = identity, d = identity;
        int i = start;
        for (; i < end - 3 * step; i += 4 * step)
        {
            a = r.Combine(a, r.Term(new F32(x[i])));
            b = r.Combine(b, r.Term(new F32(x[i + step])));
            c = r.Combine(c, r.Term(new F32(x[i + 2 * step])));
            d = r.Combine(d, r.Term(new F32(x[i + 3 * step])));
        }
        for (; i < end; i += step) a = r.Combine(a, r.Term(new F32(x[i])));
        return r.Combine(r.Combine(a, b), r.Combine(c, d)).Value;
    }
}
