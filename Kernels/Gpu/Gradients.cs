using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <summary>What is done to all gradients at once.</summary>
public static unsafe class Gradients
{
    /// <summary>sums[b] = Σ x² over block b of the table's first list. A group takes a block.</summary>
    public static void SumOfSquares(TensorTable table, ArrayView<float> sums)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int block = Grid.IdxX; block < sums.IntLength; block += Grid.DimX)
        {
            int tensor = table.TensorOf(block), first = table.First(tensor, block);
            int end = Math.Min(first + TensorTable.Block, table.Count(tensor)), step = Group.DimX;
            float* x = table.Start(tensor, 0);
            float a = 0, b = 0, c = 0, d = 0;
            int i = first + Group.IdxX;
            for (; i < end - 3 * step; i += 4 * step)
            {
                a += x[i] * x[i];
                b += x[i + step] * x[i + step];
                c += x[i + 2 * step] * x[i + 2 * step];
                d += x[i + 3 * step] * x[i + 3 * step];
            }
            for (; i < end; i += step) a += x[i] * x[i];
            float sum = Threads.Sum(a + b + (c + d), shared);
            if (Group.IdxX == 0) sums[block] = sum;
        }
    }

    /// <summary>x ← 0 for all of the table's first list. A group takes a block.</summary>
    public static void Zero(TensorTable table)
    {
        int blocks = table.Blocks;
        for (int block = Grid.IdxX; block < blocks; block += Grid.DimX)
        {
            int tensor = table.TensorOf(block), first = table.First(tensor, block), end = Math.Min(first + TensorTable.Block, table.Count(tensor));
            float* x = table.Start(tensor, 0);
            for (int i = first + Group.IdxX; i < end; i += Group.DimX) x[i] = 0;
        }
    }

    /// <summary>x ← factor · x for all of the table's first list; nothing where the factor is 1.</summary>
    public static void Scale(TensorTable table, ArrayView<float> factor)
    {
        float by = factor[0];
        if (by == 1) return;
        int blocks = table.Blocks;
        for (int block = Grid.IdxX; block < blocks; block += Grid.DimX)
        {
            int tensor = table.TensorOf(block), first = table.First(tensor, block);
            int end = Math.Min(first + TensorTable.Block, table.Count(tensor)), step = Group.DimX;
            float* x = table.Start(tensor, 0);
            int i = first + Group.IdxX;
            for (; i < end - 3 * step; i += 4 * step)
            {
                float a = x[i], b = x[i + step], c = x[i + 2 * step], d = x[i + 3 * step];
                x[i] = a * by;
                x[i + step] = b * by;
                x[i + 2 * step] = c * by;
                x[i + 3 * step] = d * by;
            }
            for (; i < end; i += step) x[i] *= by;
        }
    }
}
