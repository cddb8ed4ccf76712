using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// Many tensors, or many lists of tensors of the same sizes, for one launch: a table in the GPU's memory says where each begins. Each is cut
/// into blocks of <see cref="Block"/> numbers, and a group takes a block. Needs addresses that can be stored: CUDA and the simulator.
/// </summary>
/// <param name="table">For each tensor a row of <see cref="Row"/> numbers: its address in each of four lists, how many numbers it has, and how
/// many blocks all tensors up to and with this one have.</param>
public readonly unsafe struct TensorTable(ArrayView<long> table, int tensors)
{
    /// <summary>How many numbers a group takes.</summary>
    public const int Block = 4096;

    /// <summary>How many numbers a tensor has in the table.</summary>
    public const int Row = 6;

    readonly ArrayView<long> table = table;
    readonly int tensors = tensors;

    public int Blocks => (int)table[Row * tensors - 1];

    /// <summary>The tensor of a block: the first that ends behind it.</summary>
    public int TensorOf(int block)
    {
        int low = 0, high = tensors - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (table[Row * middle + 5] > block) high = middle; else low = middle + 1;
        }
        return low;
    }

    /// <summary>Where a tensor of a list begins.</summary>
    public float* Start(int tensor, int list) => (float*)table[Row * tensor + list];

    /// <summary>The first of a block's numbers in its tensor.</summary>
    public int First(int tensor, int block) => (block - (tensor == 0 ? 0 : (int)table[Row * tensor - 1])) * Block;

    /// <summary>How many numbers a tensor has.</summary>
    public int Count(int tensor) => (int)table[Row * tensor + 4];
}
