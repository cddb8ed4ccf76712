using ILGPU;

namespace NanoAttention.Kernels.Gpu;

public static partial class MatMul
{
    /// <summary>
    /// A group of S × S threads takes tiles of S × S elements of C, a thread one element. For every S columns of A the group copies a tile
    /// of A and one of B into shared memory, where each number serves S threads.
    /// </summary>
    public static void Tiled<S>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, MatMulShape shape) where S : struct, ISide
    {
        var tileA = SharedMemory.Allocate<float>(MaxSide * (MaxSide + 1));
        var tileB = SharedMemory.Allocate<float>(MaxSide * (MaxSide + 1));
        int x = Group.IdxX, y = Group.IdxY, pitch = S.Side + 1;     // one more, so that columns lie in different banks
        int down = (shape.M + S.Side - 1) / S.Side, across = (shape.N + S.Side - 1) / S.Side;
        for (int tile = Grid.IdxX; tile < shape.Batch * down * across; tile += Grid.DimX)
        {
            int strip = tile / across, batch = strip / down;
            int row = (strip - batch * down) * S.Side + y, column = (tile - strip * across) * S.Side + x;
            var at = shape.Batches.At(batch);
            float sum = 0;
            for (int start = 0; start < shape.K; start += S.Side)
            {
                tileA[y * pitch + x] = row < shape.M && start + x < shape.K ? a[at.A + row * shape.ARow + (start + x) * shape.ACol] : 0;
                tileB[y * pitch + x] = start + y < shape.K && column < shape.N ? b[at.B + (start + y) * shape.BRow + column * shape.BCol] : 0;
                Group.Barrier();
                for (int k = 0; k < S.Side; k++) sum += tileA[y * pitch + k] * tileB[k * pitch + x];
                Group.Barrier();
            }
            if (row < shape.M && column < shape.N) c[(batch * shape.M + row) * shape.CRow + column] = sum;
        }
    }
}
