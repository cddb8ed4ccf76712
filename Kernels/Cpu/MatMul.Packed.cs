namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class MatMul
{
    /// <summary>
    /// Registers. Memory delivers one number in the time of 16 multiply-adds, so a tile of c, six rows by two registers, stays in registers
    /// for a whole block of k. b's columns are first copied (packed) to a panel in the first-level cache, which every tile reads straight
    /// through; a is read in place, unless its strides spoil the cache (Goto and van de Geijn, Anatomy of High-Performance Matrix
    /// Multiplication, 2008). An item is a block of C.
    /// </summary>
    /// <param name="accumulate">C += A B instead of C = A B.</param>
    public readonly struct Packed<T>(View<T> a, View<T> b, View<T> c, MatMulShape shape, bool accumulate) : IKernel<T> where T : unmanaged
    {
        /// <summary>The number of blocks of C in the whole batch.</summary>
        public static int Items(MatMulShape shape) => Blocks.Of(IsColumn(shape) ? shape.Transposed : shape).Items(shape.Batch);

        /// <summary>A matrix times a vector is run as the vector times the transposed matrix: one case instead of two.</summary>
        static bool IsColumn(MatMulShape s) => s.N == 1 && s.CRow == 1 && s.M > 1;

        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            if (IsColumn(shape)) new Packed<T>(b, a, c, shape.Transposed, accumulate).RunBlocks<V>(from, to);
            else RunBlocks<V>(from, to);
        }

        void RunBlocks<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            var blocks = Blocks.Of(shape);
            var useDots = shape.M <= TileRows && shape.ACol == 1 && shape.BRow == 1 && shape.BCol != 1;
            var memory = Scratch<Packed<T>>.Take<T>(MaxDepth * 2 * V.Count + MaxRows * (MaxDepth + Pad));
            for (var item = from; item < to; item++)
            {
                var (batch, row, column) = blocks.At(item);
                int rows = Math.Min(blocks.Rows, shape.M - row), columns = Math.Min(blocks.Columns, shape.N - column);
                var start = shape.Start(batch);
                T* left = a.Pointer + start.A + (long)row * shape.ARow, right = b.Pointer + start.B + (long)column * shape.BCol;
                var sums = c.Pointer + start.C + (long)row * shape.CRow + column;
                if (shape.K == 0) { if (!accumulate) Clear(sums, rows, columns); }
                else if (useDots) Dots<V>(left, right, sums, rows, columns);
                else Block<V>(left, right, sums, rows, columns, memory);
            }
        }

        /// <summary>c (+)= a b for a block of c, over blocks of k.</summary>
        void Block<V>(T* a, T* b, T* c, int rows, int columns, T* memory) where V : struct, ISimd<V, T>
        {
            T* panel = memory, aPanel = memory + MaxDepth * 2 * V.Count;
            int width = 2 * V.Count, blocks = (shape.K + MaxDepth - 1) / MaxDepth;
            var packA = columns > width && (shape.ACol != 1 || shape.ARow * sizeof(T) % 4096 == 0);
            for (int block = 0, k = 0; block < blocks; block++)
            {
                var depth = (shape.K - k + blocks - block - 1) / (blocks - block);
                T* left = a + (long)k * shape.ACol, right = b + (long)k * shape.BRow;
                nint aRow = shape.ARow, aCol = shape.ACol;
                if (packA)
                {
                    Pack<T, V>(left, aRow, aCol, rows, depth, aPanel, MaxDepth + Pad);
                    left = aPanel;
                    (aRow, aCol) = (MaxDepth + Pad, 1);
                }
                for (var j = 0; j < columns; j += width)
                {
                    var count = Math.Min(width, columns - j);
                    var inPlace = rows <= 2 * TileRows && shape.BCol == 1 && count == width;
                    if (!inPlace) Pack<T, V>(right + (long)j * shape.BCol, shape.BRow, shape.BCol, depth, count, panel, width);
                    Panel<T, V>(rows, count, depth, left, aRow, aCol, inPlace ? right + j : panel, inPlace ? shape.BRow : width,
                        c + j, shape.CRow, accumulate || k > 0);
                }
                k += depth;
            }
        }

        /// <summary>Few rows, and columns of b that lie along memory: a dot product for each number of c, without packing.</summary>
        void Dots<V>(T* a, T* b, T* c, int rows, int columns) where V : struct, ISimd<V, T>
        {
            for (var j = 0; j < columns; j++)
                for (var i = 0; i < rows; i++)
                {
                    var sum = V.Broadcast(Rows.Dot<V, T>(new(a + (long)i * shape.ARow, shape.K), new(b + (long)j * shape.BCol, shape.K)));
                    View<T> to = new(c + (long)i * shape.CRow + j, 1);
                    V.StorePart(accumulate ? sum + V.Broadcast(to[0]) : sum, to, 0, 1);
                }
        }

        void Clear(T* c, int rows, int columns)
        {
            for (var i = 0; i < rows; i++) new Span<T>(c + (long)i * shape.CRow, columns).Clear();
        }
    }
}
