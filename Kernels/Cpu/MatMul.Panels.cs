using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class MatMul
{
    // What stands between blocks and tiles: packing (Pack, PackPanels), and the way of a panel, or two, from tile to tile (Panel).

    /// <summary>
    /// Copies a (rows, columns) block with any strides to rows of <paramref name="width"/> ≥ columns numbers, the rest filled with zeros.
    /// </summary>
    internal static void Pack<T, V>(T* source, nint row, nint column, int rows, int columns, T* target, int width)
        where T : unmanaged where V : struct, ISimd<V, T>
    {
        Copy<T, V>(source, row, column, rows, columns, target, width);
        if (columns < width)
            for (var r = 0; r < rows; r++) new Span<T>(target + (nint)r * width + columns, width - columns).Clear();
    }

    /// <summary>Copies a (rows, columns) block with any strides to rows <paramref name="width"/> numbers apart.</summary>
    static void Copy<T, V>(T* source, nint row, nint column, int rows, int columns, T* target, int width)
        where T : unmanaged where V : struct, ISimd<V, T>
    {
        if (column == 1)
        {
            var whole = columns / V.Count * V.Count;
            for (var r = 0; r < rows; r++)
                for (var c = 0; c < whole; c += V.Count) Store(Load<T, V>(source + r * row + c), target + (nint)r * width + c);
            Gather(source, row, 1, 0, rows, whole, columns, target, width);
        }
        else if (row == 1)
            Transpose(source, column, rows, columns, target, width);
        else
            Gather(source, row, column, 0, rows, 0, columns, target, width);
    }

    /// <summary>target[r, c] = source[r row + c column] for the given rows and columns, one number at a time.</summary>
    static void Gather<T>(T* source, nint row, nint column, int fromRow, int toRow, int fromColumn, int toColumn, T* target, int width)
        where T : unmanaged
    {
        for (var r = fromRow; r < toRow; r++)
            for (var c = fromColumn; c < toColumn; c++) target[(nint)r * width + c] = source[r * row + c * column];
    }

    /// <summary>
    /// target[r, c] = source[r + c column], in squares of 16 × 16, 4 × 4 or (in double) 2 × 2 that are transposed in registers. Columns
    /// often begin on a page each, across which the processor's own prefetching does not see: the next ones are called into the cache.
    /// </summary>
    static void Transpose<T>(T* source, nint column, int rows, int columns, T* target, int width) where T : unmanaged
    {
        if (!(Sse2.IsSupported || AdvSimd.Arm64.IsSupported)) { Gather(source, 1, column, 0, rows, 0, columns, target, width); return; }
        var side = sizeof(T) == sizeof(float) && Avx512F.IsSupported && Math.Min(rows, columns) >= 16 ? 16 : 16 / sizeof(T);
        int fullRows = rows / side * side, fullColumns = columns / side * side;
        for (var c = 0; c < fullColumns; c += side)
            for (var r = 0; r < fullRows; r += side)
            {
                T* from = source + r + c * column, to = target + (nint)r * width + c;
                if (side == 16)
                {
                    for (var next = side; next < 2 * side; next++) Sse.Prefetch0(from + next * column);
                    Square16((float*)from, column, (float*)to, width);
                }
                else if (sizeof(T) == sizeof(float)) Square((float*)from, column, (float*)to, width);
                else Square((double*)from, column, (double*)to, width);
            }
        Gather(source, 1, column, fullRows, rows, 0, columns, target, width);
        Gather(source, 1, column, 0, fullRows, fullColumns, columns, target, width);
    }

    /// <summary>Two rounds of zips transpose a 4 × 4 square.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Square(float* s, nint step, float* t, nint width)
    {
        Vector128<float> r0 = Vector128.Load(s), r1 = Vector128.Load(s + step);
        Vector128<float> r2 = Vector128.Load(s + 2 * step), r3 = Vector128.Load(s + 3 * step);
        Vector128<float> even0 = ZipLow(r0, r2), even1 = ZipHigh(r0, r2), odd0 = ZipLow(r1, r3), odd1 = ZipHigh(r1, r3);
        ZipLow(even0, odd0).Store(t);
        ZipHigh(even0, odd0).Store(t + width);
        ZipLow(even1, odd1).Store(t + 2 * width);
        ZipHigh(even1, odd1).Store(t + 3 * width);
    }

    /// <summary>A square of 16 × 16: first each quarter of a register as a 4 × 4 square, then the quarters.</summary>
    [MethodImpl(Compiled.Alone)]
    static void Square16(float* s, nint step, float* t, nint width)
    {
        var (a0, a1, a2, a3) = Quads(0);
        var (b0, b1, b2, b3) = Quads(4);
        var (c0, c1, c2, c3) = Quads(8);
        var (d0, d1, d2, d3) = Quads(12);
        Put(0, a0, b0, c0, d0);
        Put(1, a1, b1, c1, d1);
        Put(2, a2, b2, c2, d2);
        Put(3, a3, b3, c3, d3);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        (Vector512<float>, Vector512<float>, Vector512<float>, Vector512<float>) Quads(int c)
        {
            float* from = s + c * step;
            Vector512<float> r0 = Vector512.Load(from), r1 = Vector512.Load(from + step);
            Vector512<float> r2 = Vector512.Load(from + 2 * step), r3 = Vector512.Load(from + 3 * step);
            Vector512<double> low0 = Avx512F.UnpackLow(r0, r1).AsDouble(), high0 = Avx512F.UnpackHigh(r0, r1).AsDouble();
            Vector512<double> low1 = Avx512F.UnpackLow(r2, r3).AsDouble(), high1 = Avx512F.UnpackHigh(r2, r3).AsDouble();
            return (Avx512F.UnpackLow(low0, low1).AsSingle(), Avx512F.UnpackHigh(low0, low1).AsSingle(),
                Avx512F.UnpackLow(high0, high1).AsSingle(), Avx512F.UnpackHigh(high0, high1).AsSingle());
        }

        // rows r, r + 4, r + 8 and r + 12: the quarters 0, 1, 2 and 3 of all four
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        void Put(int r, Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
        {
            const byte first = 0x44, last = 0xee, even = 0x88, odd = 0xdd;      // of two registers' quarters: 0 1, 2 3, 0 2, 1 3
            Vector512<float> low0 = Avx512F.Shuffle4x128(a, b, first), high0 = Avx512F.Shuffle4x128(a, b, last);
            Vector512<float> low1 = Avx512F.Shuffle4x128(c, d, first), high1 = Avx512F.Shuffle4x128(c, d, last);
            Avx512F.Shuffle4x128(low0, low1, even).Store(t + r * width);
            Avx512F.Shuffle4x128(low0, low1, odd).Store(t + (r + 4) * width);
            Avx512F.Shuffle4x128(high0, high1, even).Store(t + (r + 8) * width);
            Avx512F.Shuffle4x128(high0, high1, odd).Store(t + (r + 12) * width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Square(double* s, nint step, double* t, nint width)
    {
        Vector128<double> r0 = Vector128.Load(s), r1 = Vector128.Load(s + step);
        Vector128.Create(r0[0], r1[0]).Store(t);
        Vector128.Create(r0[1], r1[1]).Store(t + width);
    }

    /// <summary>x₀ y₀ x₁ y₁</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> ZipLow(Vector128<float> x, Vector128<float> y) =>
        Sse.IsSupported ? Sse.UnpackLow(x, y) : AdvSimd.Arm64.ZipLow(x, y);

    /// <summary>x₂ y₂ x₃ y₃</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> ZipHigh(Vector128<float> x, Vector128<float> y) =>
        Sse.IsSupported ? Sse.UnpackHigh(x, y) : AdvSimd.Arm64.ZipHigh(x, y);

    /// <summary>
    /// Copies all of b (depth, columns) to panels of two registers of columns, one after the other, the last one filled up with zeros.
    /// Rows are read some panels wide: the processor's own prefetching recognises such longer runs.
    /// </summary>
    internal static void PackPanels<T, V>(T* b, nint row, nint column, int depth, int columns, T* panels)
        where T : unmanaged where V : struct, ISimd<V, T>
    {
        const int together = 8;
        var width = 2 * V.Count;
        for (var group = 0; group < columns; group += together * width)
        {
            var end = Math.Min(columns, group + together * width);
            if (column != 1 || end % width != 0)
                for (var j = group; j < end; j += width)
                    Pack<T, V>(b + j * column, row, column, depth, Math.Min(width, columns - j), panels + (nint)j * depth, width);
            else
                for (var r = 0; r < depth; r++)
                    for (var j = group; j < end; j += width)
                    {
                        T* from = b + r * row + j, to = panels + (nint)j * depth + r * width;
                        Store(Load<T, V>(from), to);
                        Store(Load<T, V>(from + V.Count), to + V.Count);
                    }
        }
    }

    /// <summary>
    /// The size of part number <paramref name="part"/> of <paramref name="parts"/> when the <paramref name="left"/> numbers from its first
    /// one on are shared out evenly.
    /// </summary>
    internal static int Share(int left, int part, int parts) => (left + parts - part - 1) / (parts - part);

    /// <summary>
    /// c = plus + a b for one or two panels, of which <paramref name="columns"/> are c's, and any number of rows, shared out evenly over
    /// tiles. A panel has rows of two registers, <paramref name="bRow"/> apart; the second begins <paramref name="bNext"/> numbers after
    /// the first. Plus may be null.
    /// </summary>
    /// <param name="finish">What each tile goes on through.</param>
    [SkipLocalsInit, MethodImpl(Compiled.Alone)]
    internal static void Panel<T, V>(int rows, int columns, int depth, T* a, nint aRow, nint aCol, T* b, nint bRow, nint bNext,
        T* c, nint cRow, T* plus, nint plusRow, Finish<T>? finish = null)
        where T : unmanaged where V : struct, ISimd<V, T>
    {
        int width = 2 * V.Count, most = TileRows<T, V>();
        var edge = stackalloc T[most * width];
        var tiles = (rows + most - 1) / most;
        for (int tile = 0, row = 0; tile < tiles; tile++)
        {
            var count = Share(rows - row, tile, tiles);
            T* from = a + row * aRow, to = c + row * cRow, add = Next(plus, row * plusRow);
            if (columns == 2 * width) Tile<T, V>(count, true, depth, from, aRow, aCol, b, bRow, bNext, to, cRow, add, plusRow);
            else
                for (var j = 0; j < columns; j += width)
                {
                    T* panel = j == 0 ? b : b + bNext, left = Next(add, j);
                    if (columns - j >= width)
                        Tile<T, V>(count, false, depth, from, aRow, aCol, panel, bRow, 0, to + j, cRow, left, plusRow);
                    else
                    {
                        Tile<T, V>(count, false, depth, from, aRow, aCol, panel, bRow, 0, edge, width, null, 0);
                        for (var i = 0; i < count; i++)
                            CopyPart<T, V>(edge + i * width, columns - j, to + j + i * cRow, Next(left, i * plusRow));
                    }
                }
            finish?.Invoke(to, cRow, count, columns);
            row += count;
        }
    }

    /// <summary>c = plus + row, a tile's row at the right edge, of which only <paramref name="columns"/> numbers are c's.</summary>
    static void CopyPart<T, V>(T* row, int columns, T* c, T* plus) where T : unmanaged where V : struct, ISimd<V, T>
    {
        for (var j = 0; j < columns; j += V.Count)
        {
            var v = Load<T, V>(row + j);
            var part = Math.Min(V.Count, columns - j);
            View<T> to = new(c + j, part), add = new(plus + j, part);
            if (part == V.Count) V.Store(plus is null ? v : v + V.Load(add, 0), to, 0);
            else V.StorePart(plus is null ? v : v + V.LoadPart(add, 0, part, default), to, 0, part);
        }
    }
}
