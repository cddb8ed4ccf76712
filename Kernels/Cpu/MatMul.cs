namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// The sizes of C (+)= A B for a batch of matrices: A is (M, K), B (K, N), C (M, N). A row or column stride is the distance, in numbers,
/// between neighbours along it; any will do, so a transposed operand costs no copy and a broadcast one has stride 0.
/// C's rows lie <paramref name="CRow"/> apart, with unit stride along each, and its matrices M · CRow apart.
/// </summary>
public readonly record struct MatMulShape(int Batch, int M, int N, int K, int ARow, int ACol, int BRow, int BCol, int CRow)
{
    /// <summary>
    /// The batch's axes, and the strides at which A's and B's matrices follow each other along them; dense unless said otherwise.
    /// </summary>
    public Layout Batches { get; init; } = Layout.Of([Batch], [M * K], [K * N]);

    /// <summary>The shape of Cᵀ (+)= Bᵀ Aᵀ, the same numbers where C is a column without gaps (N = 1, CRow = 1).</summary>
    internal MatMulShape Transposed =>
        new(Batch, N, M, K, BCol, BRow, ACol, ARow, M) { Batches = new(Batches.Rank, Batches.Sizes, Batches.B, Batches.A, Batches.C) };

    /// <summary>Where matrix <paramref name="batch"/> of A, B and C starts.</summary>
    internal (long A, long B, long C) Start(int batch)
    {
        long a = 0, b = 0;
        for (int axis = Batches.Rank - 1, rest = batch; axis >= 0; axis--)
        {
            (rest, var index) = Math.DivRem(rest, Batches.Sizes[axis]);
            (a, b) = (a + (long)index * Batches.A[axis], b + (long)index * Batches.B[axis]);
        }
        return (a, b, (long)batch * M * CRow);
    }
}

/// <summary>
/// Matrix multiplication, cᵢⱼ = Σₖ aᵢₖ bₖⱼ, as a ladder of three kernels for the same product: <see cref="Naive{T}"/> says what it is,
/// <see cref="Tiled{T}"/> reuses the cache, <see cref="Packed{T}"/> reuses the registers. Each sums over k in an order that depends on the
/// shape alone, so a result's bits depend neither on the number of workers nor on how the items are shared out.
/// </summary>
public static partial class MatMul;
