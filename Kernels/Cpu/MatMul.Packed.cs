using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class MatMul
{
    /// <summary>
    /// Registers. Memory delivers one number in the time of 16 multiply-adds, so a tile of c, six rows by four registers at most or twelve
    /// by two, stays in registers for a whole block of k. Where many rows are to come, b's columns are first copied (packed) to panels,
    /// two registers wide, which every tile reads straight through, two panels at a time; a is read in place, unless its strides spoil the
    /// cache (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008). An item is a block of C; the order in which
    /// k is summed depends on K alone. From outside in: Block cuts k, and the columns into slabs; Slab cuts the rows into blocks, and the
    /// columns into panels; <see cref="Panel"/> cuts the rows into tiles; the tile is the innermost loop.
    /// </summary>
    /// <param name="plus">What is added to the product: nothing, c itself, or rows <paramref name="plusRow"/> apart (0: a bias for every
    /// row), in matrices M · plusRow apart.</param>
    /// <param name="workers">How many share the items.</param>
    /// <param name="then">What c goes on through, tile by tile.</param>
    public readonly struct Packed<T>(View<T> a, View<T> b, View<T> c, MatMulShape shape, View<T> plus, int plusRow, int workers,
        Epilogue<T>? then = null) : IKernel<T> where T : unmanaged
    {
        /// <summary>The number of blocks of C in the whole batch.</summary>
        public static int Items(MatMulShape shape, int workers) => Blocks.Of(shape, workers).Items(shape.Batch);

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            var blocks = Blocks.Of(shape, workers);
            var finish = then?.In<V>();
            var useDots = shape.M <= 4 && shape.ACol == 1 && shape.BRow == 1 && shape.BCol != 1;
            var memory = Scratch<Packed<T>>.Take<T>(SlabColumns(V.Count) * MaxDepth + MaxRows<T>() * (MaxDepth + Pad));
            for (var item = from; item < to; item++)
            {
                var (batch, rowRange, columnRange) = blocks.At(item, shape);
                var (row, rows) = rowRange.GetOffsetAndLength(shape.M);
                var (column, columns) = columnRange.GetOffsetAndLength(shape.N);
                var start = shape.Start(batch);
                T* left = a.Pointer + start.A + (long)row * shape.ARow, right = b.Pointer + start.B + (long)column * shape.BCol;
                var sums = c.Pointer + start.C + (long)row * shape.CRow + column;
                var add = plus.Length == 0 ? null : plus.Pointer + (long)batch * shape.M * plusRow + (long)row * plusRow + column;
                if (shape.K > 0 && !useDots) Block<V>(left, right, sums, add, plusRow, rows, columns, memory, finish);
                else
                {
                    if (shape.K == 0) Begin(sums, add, rows, columns);
                    else Dots<V>(left, right, sums, add, rows, columns);
                    finish?.Invoke(sums, shape.CRow, rows, columns);
                }
            }
        }

        int SlabColumns(int count) => Math.Min(MaxColumns, (shape.N + 2 * count - 1) / (2 * count) * 2 * count);

        /// <summary>
        /// c = plus + a b for a block of c, one block of k after the other: what the first adds to <c>plus</c>, the next ones add to c.
        /// </summary>
        void Block<V>(T* a, T* b, T* c, T* plus, nint plusRow, int rows, int columns, T* memory, Finish<T>? finish)
            where V : struct, ISimd<V, T>
        {
            var blocks = (shape.K + MaxDepth - 1) / MaxDepth;
            for (int block = 0, k = 0; block < blocks; block++)
            {
                var depth = Share(shape.K - k, block, blocks);
                for (var j = 0; j < columns; j += MaxColumns)
                    Slab<V>(a + (long)k * shape.ACol, b + (long)k * shape.BRow + (long)j * shape.BCol, c + j,
                        plus is null ? null : plus + j, plusRow, rows, Math.Min(MaxColumns, columns - j), depth, memory,
                        block == blocks - 1 ? finish : null);
                k += depth;
                plus = c;
                plusRow = shape.CRow;
            }
        }

        /// <summary>
        /// One block of k and up to <see cref="MaxColumns"/> columns of b. These are packed, unless so few rows are to come that the copy
        /// would not pay; then each block of a's rows, small enough for the second-level cache, meets every panel. It is copied if neither
        /// its rows nor its columns lie along memory, and where that pays: columns along memory, each on another page, if more than one
        /// panel reads them; rows a multiple of 4096 bytes apart, which share one set of the first-level cache, if more than four do.
        /// Otherwise it is read in place.
        /// </summary>
        void Slab<V>(T* a, T* b, T* c, T* plus, nint plusRow, int rows, int columns, int depth, T* memory, Finish<T>? finish)
            where V : struct, ISimd<V, T>
        {
            int width = 2 * V.Count;
            // more lines than the sets of the second-level cache that they fall on can hold
            var crowded = rows > 24 && depth > 256 && shape.BRow * sizeof(T) % 4096 == 0;
            var inPlace = rows <= MostRowsInPlace && shape.BCol == 1 && columns % width == 0 && !crowded;
            T* panels = memory, aBlock = memory + SlabColumns(V.Count) * MaxDepth;
            if (!inPlace) PackPanels<T, V>(b, shape.BRow, shape.BCol, depth, columns, panels);
            for (var i = 0; i < rows; i += MaxRows<T>())
            {
                var count = Math.Min(MaxRows<T>(), rows - i);
                T* left = a + (long)i * shape.ARow, sums = c + (long)i * shape.CRow, add = plus is null ? null : plus + i * plusRow;
                nint aRow = shape.ARow, aCol = shape.ACol;
                if (aRow == 1 ? columns > width : aCol != 1 || columns > 4 * width && aRow * sizeof(T) % 4096 == 0)
                {
                    Copy<T, V>(left, aRow, aCol, count, depth, aBlock, MaxDepth + Pad);
                    left = aBlock;
                    (aRow, aCol) = (MaxDepth + Pad, 1);
                }
                for (var j = 0; j < columns; j += 2 * width)
                    Panel<T, V>(count, Math.Min(2 * width, columns - j), depth, left, aRow, aCol,
                        inPlace ? b + j : panels + (long)j * depth, inPlace ? shape.BRow : width, inPlace ? width : (nint)depth * width,
                        sums + j, shape.CRow, Next(add, j), plusRow, finish);
            }
        }

        /// <summary>
        /// Up to four rows, and columns of b that lie along memory: a dot product for each number of c. To pack b would cost more than the
        /// product, which reads it once.
        /// </summary>
        void Dots<V>(T* a, T* b, T* c, T* plus, int rows, int columns) where V : struct, ISimd<V, T>
        {
            for (var j = 0; j < columns; j++)
                for (var i = 0; i < rows; i++)
                {
                    var sum = V.Broadcast(Rows.Dot<V, T>(new(a + (long)i * shape.ARow, shape.K), new(b + (long)j * shape.BCol, shape.K)));
                    if (plus is not null) sum += V.Broadcast(plus[(long)i * plusRow + j]);
                    V.StorePart(sum, new(c + (long)i * shape.CRow + j, 1), 0, 1);
                }
        }

        /// <summary>c = plus</summary>
        void Begin(T* c, T* plus, int rows, int columns)
        {
            for (var i = 0; i < rows; i++)
            {
                Span<T> row = new(c + (long)i * shape.CRow, columns);
                if (plus is null) row.Clear();
                else new Span<T>(plus + (long)i * plusRow, columns).CopyTo(row);
            }
        }
    }
}
