using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// The sizes of a product as GPU kernels take them: those of <see cref="Cpu.MatMulShape"/>. Where C is small and K long, the sums may be
/// split into several, each by groups of its own, to be added up by <see cref="MatMul.Merge"/>.
/// </summary>
public readonly struct MatMulShape(Cpu.MatMulShape shape, int splits = 1)
{
    public readonly int Batch = shape.Batch, M = shape.M, N = shape.N, K = shape.K, ARow = shape.ARow, ACol = shape.ACol, BRow = shape.BRow,
        BCol = shape.BCol, CRow = shape.CRow, Splits = splits;

    /// <summary>How many k a split sums over, the last perhaps fewer; a multiple of 16, so that loads of four stay whole.</summary>
    public readonly int SplitK = splits == 1 ? shape.K : (shape.K + 16 * splits - 1) / (16 * splits) * 16;

    /// <summary>Where each matrix of A and of B starts.</summary>
    public readonly Steps Batches = new(shape.Batches);
}

/// <summary>The side of a square group of threads, as a constant that the compiler sees.</summary>
public interface ISide
{
    static abstract int Side { get; }
}

/// <summary>256 threads: what a GPU likes.</summary>
public readonly struct Side16 : ISide
{
    public static int Side => 16;
}

/// <summary>Four threads: what the simulator can bear.</summary>
public readonly struct Side2 : ISide
{
    public static int Side => 2;
}

/// <summary>
/// Matrix multiplication, cᵢⱼ = Σₖ aᵢₖ bₖⱼ, as a ladder of three kernels for the same product: <see cref="Naive"/> says what it is,
/// <see cref="Tiled"/> reads each number once for a whole group by way of shared memory, <see cref="Registers"/> reads shared memory
/// once for up to 64 results of a thread. Each sums over k in order.
/// </summary>
public static partial class MatMul
{
    const int MaxSide = 16;

    /// <summary>A thread takes an element of C.</summary>
    public static void Naive(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, MatMulShape shape)
    {
        for (int item = Threads.First; item < shape.Batch * shape.M * shape.N; item += Threads.All)
        {
            int row = item / shape.N, column = item - row * shape.N, batch = row / shape.M;
            var at = shape.Batches.At(batch);
            int atA = at.A + (row - batch * shape.M) * shape.ARow, atB = at.B + column * shape.BCol;
            float sum = 0;
            for (int k = 0; k < shape.K; k++, atA += shape.ACol, atB += shape.BRow) sum += a[atA] * b[atB];
            c[row * shape.CRow + column] = sum;
        }
    }
}
