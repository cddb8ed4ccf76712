using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class MatMul
{
    /// <summary>
    /// Cache blocks: the same three loops over blocks of 64 × 64 × 64, small enough that all three blocks stay in the first two levels of
    /// cache, and with j innermost, so that b and c are read along their rows. Each number that comes from memory is used 64 times.
    /// An item is a block of C.
    /// </summary>
    /// <param name="accumulate">C += A B instead of C = A B.</param>
    public readonly struct Tiled<T>(View<T> a, View<T> b, View<T> c, MatMulShape shape, bool accumulate) : IKernel<T>
        where T : unmanaged, System.Numerics.INumber<T>
    {
        const int Side = 64;

        /// <summary>The number of blocks of C in the whole batch.</summary>
        public static int Items(MatMulShape shape) => shape.Batch * Sides(shape.M) * Sides(shape.N);

        static int Sides(int size) => (size + Side - 1) / Side;

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (var item = from; item < to; item++)
            {
                var (rest, column) = Math.DivRem(item, Sides(shape.N));
                var (batch, row) = Math.DivRem(rest, Sides(shape.M));
                Block(batch, row * Side, Math.Min(row * Side + Side, shape.M), column * Side, Math.Min(column * Side + Side, shape.N));
            }
        }

        void Block(int batch, int fromRow, int toRow, int fromColumn, int toColumn)
        {
            var start = shape.Start(batch);
            T* x = a.Pointer + start.A, w = b.Pointer + start.B, y = c.Pointer + start.C;
            for (var i = fromRow; i < toRow && !accumulate; i++)
                new Span<T>(y + (long)i * shape.CRow + fromColumn, toColumn - fromColumn).Clear();
            for (var depth = 0; depth < shape.K; depth += Side)
                for (var i = fromRow; i < toRow; i++)
                    for (var k = depth; k < Math.Min(depth + Side, shape.K); k++)
                    {
                        var aik = x[(long)i * shape.ARow + (long)k * shape.ACol];
                        T* bk = w + (long)k * shape.BRow, ci = y + (long)i * shape.CRow;
                        for (var j = fromColumn; j < toColumn; j++) ci[j] += aik * bk[(long)j * shape.BCol];
                    }
        }
    }
}
