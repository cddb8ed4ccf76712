using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// Folds along one axis. x is (outer, n, inner) and y (outer, inner). Folds are folds of folds, so a sum's rounding error grows slowly
/// with n; the order depends on the sizes of the group and of the axis alone.
/// </summary>
public static class Reduce
{
    /// <summary>How many numbers one group of <see cref="Blocks"/> folds.</summary>
    public const int Block = 16384;

    // how many numbers a thread folds one after the other
    const int Leaf = 64;

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

    /// <summary>y[o, j] = fold over i of x[o, i, j]. A thread takes an output.</summary>
    public static void Columns<R>(R r, ArrayView<float> x, ArrayView<float> y, int n, int inner) where R : struct, IReducer
    {
        for (int i = Threads.First; i < y.IntLength; i += Threads.All)
        {
            int o = i / inner, start = o * n * inner + (i - o * inner);
            y[i] = Strand(r, x, start, start + n * inner, inner);
        }
    }

    // the fold of x[start], x[start + step], …, below end; the identity where there is none
    static float Strand<R>(R r, ArrayView<float> x, int start, int end, int step) where R : struct, IReducer
    {
        F32 identity = new((float)r.Identity), fold = identity;
        for (int i = start; i < end;)
        {
            var leaf = identity;
            for (int k = 0; k < Leaf && i < end; k++, i += step) leaf = r.Combine(leaf, r.Term(new F32(x[i])));
            fold = r.Combine(fold, leaf);
        }
        return fold.Value;
    }
}
