using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <summary>Four neighbouring floats, which a thread loads at once.</summary>
public readonly struct F4(float x, float y, float z, float w)
{
    public readonly float X = x, Y = y, Z = z, W = w;

    /// <summary>This + s v.</summary>
    public F4 Plus(float s, F4 v) => new(X + s * v.X, Y + s * v.Y, Z + s * v.Z, W + s * v.W);
}

public static partial class MatMul
{
    /// <summary>
    /// A group of S × S threads takes tiles of 4S × 4S elements of C, a thread 4 × 4 of them, in registers. For every S columns of A the
    /// group copies 4S rows of A, transposed, and 4S columns of B into shared memory; of these a thread then reads four numbers each to do
    /// sixteen multiplications.
    /// </summary>
    public static void Registers<S>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, MatMulShape shape, int accumulate) where S : struct, ISide
    {
        var tileA = SharedMemory.Allocate<F4>(MaxSide * (MaxSide + 1));
        var tileB = SharedMemory.Allocate<F4>(MaxSide * (MaxSide + 1));
        int x = Group.IdxX, y = Group.IdxY, pitch = S.Side + 1, side = 4 * S.Side;
        // neighbouring threads read along the axis whose numbers are neighbours
        int rowA = shape.ACol == 1 ? y : x, columnA = shape.ACol == 1 ? x : y;
        int rowB = shape.BCol == 1 ? y : x, columnB = shape.BCol == 1 ? x : y;
        int down = (shape.M + side - 1) / side, across = (shape.N + side - 1) / side;
        for (int tile = Grid.IdxX; tile < shape.Batch * down * across; tile += Grid.DimX)
        {
            int strip = tile / across, batch = strip / down, top = (strip - batch * down) * side, left = (tile - strip * across) * side;
            var at = shape.Batches.At(batch);
            F4 c0 = default, c1 = default, c2 = default, c3 = default;
            for (int start = 0; start < shape.K; start += S.Side)
            {
                Load<S>(a, at.A, shape.ARow, shape.ACol, top + rowA, start + columnA, shape.M, shape.K, tileA.Cast<float>(), columnA * 4 * pitch + rowA);
                Load<S>(b, at.B, shape.BCol, shape.BRow, left + columnB, start + rowB, shape.N, shape.K, tileB.Cast<float>(), rowB * 4 * pitch + columnB);
                Group.Barrier();
                for (int k = 0; k < S.Side; k++)
                {
                    F4 u = tileA[k * pitch + y], v = tileB[k * pitch + x];
                    c0 = c0.Plus(u.X, v);
                    c1 = c1.Plus(u.Y, v);
                    c2 = c2.Plus(u.Z, v);
                    c3 = c3.Plus(u.W, v);
                }
                Group.Barrier();
            }
            int row = top + 4 * y, column = left + 4 * x, first = (batch * shape.M + row) * shape.CRow + column;
            Store(c0, c, first, row, column, shape, accumulate);
            Store(c1, c, first + shape.CRow, row + 1, column, shape, accumulate);
            Store(c2, c, first + 2 * shape.CRow, row + 2, column, shape, accumulate);
            Store(c3, c, first + 3 * shape.CRow, row + 3, column, shape, accumulate);
        }
    }

    // to[at], to[at + S], …: the numbers i, i + S, i + 2S, i + 3S along the long side, at k along the other; 0 beyond the matrix
    static void Load<S>(ArrayView<float> x, int start, int stride, int strideK, int i, int k, int n, int depth, ArrayView<float> to, int at) where S : struct, ISide
    {
        int from = start + i * stride + k * strideK;
        to[at] = k < depth && i < n ? x[from] : 0;
        to[at + S.Side] = k < depth && i + S.Side < n ? x[from + S.Side * stride] : 0;
        to[at + 2 * S.Side] = k < depth && i + 2 * S.Side < n ? x[from + 2 * S.Side * stride] : 0;
        to[at + 3 * S.Side] = k < depth && i + 3 * S.Side < n ? x[from + 3 * S.Side * stride] : 0;
    }

    // four neighbours of one row of C
    static void Store(F4 v, ArrayView<float> c, int at, int row, int column, MatMulShape shape, int accumulate)
    {
        if (row >= shape.M) return;
        if (column < shape.N) c[at] = accumulate != 0 ? c[at] + v.X : v.X;
        if (column + 1 < shape.N) c[at + 1] = accumulate != 0 ? c[at + 1] + v.Y : v.Y;
        if (column + 2 < shape.N) c[at + 2] = accumulate != 0 ? c[at + 2] + v.Z : v.Z;
        if (column + 3 < shape.N) c[at + 3] = accumulate != 0 ? c[at + 3] + v.W : v.W;
    }
}
