using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class MatMul
{
    /// <summary>
    /// Copies a (rows, columns) block with any strides to rows of <paramref name="width"/> ≥ columns numbers, the rest filled with zeros.
    /// </summary>
    internal static void Pack<T, V>(T* source, nint row, nint column, int rows, int columns, T* target, int width) where T : unmanaged where V : struct, ISimd<V, T>
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
        if (columns < width)
            for (var r = 0; r < rows; r++) new Span<T>(target + (nint)r * width + columns, width - columns).Clear();
    }

    /// <summary>target[r, c] = source[r row + c column] for the given rows and columns, one number at a time.</summary>
    static void Gather<T>(T* source, nint row, nint column, int fromRow, int toRow, int fromColumn, int toColumn, T* target, int width) where T : unmanaged
    {
        for (var r = fromRow; r < toRow; r++)
            for (var c = fromColumn; c < toColumn; c++) target[(nint)r * width + c] = source[r * row + c * column];
    }

    /// <summary>target[r, c] = source[r + c column], in squares of 4 × 4 (2 × 2 in double) that are transposed in registers.</summary>
    static void Transpose<T>(T* source, nint column, int rows, int columns, T* target, int width) where T : unmanaged
    {
        if (!(Sse2.IsSupported || AdvSimd.Arm64.IsSupported)) { Gather(source, 1, column, 0, rows, 0, columns, target, width); return; }
        var side = 16 / sizeof(T);
        int fullRows = rows / side * side, fullColumns = columns / side * side;
        for (var c = 0; c < fullColumns; c += side)
            for (var r = 0; r < fullRows; r += side)
            {
                T* from = source + r + c * column, to = target + (nint)r * width + c;
                if (sizeof(T) == sizeof(float)) Square((float*)from, column, (float*)to, width);
                else Square((double*)from, column, (double*)to, width);
            }
        Gather(source, 1, column, fullRows, rows, 0, columns, target, width);
        Gather(source, 1, column, 0, fullRows, fullColumns, columns, target, width);
    }

    /// <summary>Two rounds of zips transpose a 4 × 4 square.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Square(float* s, nint step, float* t, nint width)
    {
        Vector128<float> r0 = Vector128.Load(s), r1 = Vector128.Load(s + step), r2 = Vector128.Load(s + 2 * step), r3 = Vector128.Load(s + 3 * step);
        Vector128<float> even0 = ZipLow(r0, r2), even1 = ZipHigh(r0, r2), odd0 = ZipLow(r1, r3), odd1 = ZipHigh(r1, r3);
        ZipLow(even0, odd0).Store(t);
        ZipHigh(even0, odd0).Store(t + width);
        ZipLow(even1, odd1).Store(t + 2 * width);
        ZipHigh(even1, odd1).Store(t + 3 * width);
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
    static Vector128<float> ZipLow(Vector128<float> x, Vector128<float> y) => Sse.IsSupported ? Sse.UnpackLow(x, y) : AdvSimd.Arm64.ZipLow(x, y);

    /// <summary>x₂ y₂ x₃ y₃</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> ZipHigh(Vector128<float> x, Vector128<float> y) => Sse.IsSupported ? Sse.UnpackHigh(x, y) : AdvSimd.Arm64.ZipHigh(x, y);

    /// <summary>Copies all of b (depth, columns) to panels of two registers of columns, one after the other, the last one filled up with zeros.
    /// Rows are read some panels wide, which the processor's own prefetching sees through.</summary>
    internal static void PackPanels<T, V>(T* b, nint row, nint column, int depth, int columns, T* panels) where T : unmanaged where V : struct, ISimd<V, T>
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
    /// c = first + a b for one panel: two registers of columns (of which <paramref name="columns"/> are c's) and any number of rows, shared
    /// out evenly over tiles. <paramref name="b"/> has rows of two registers, <paramref name="bRow"/> apart; first may be null.
    /// </summary>
    [SkipLocalsInit]
    internal static void Panel<T, V>(int rows, int columns, int depth, T* a, nint aRow, nint aCol, T* b, nint bRow, T* c, nint cRow, T* first, nint firstRow)
        where T : unmanaged where V : struct, ISimd<V, T>
    {
        int width = 2 * V.Count, most = TileRows<T, V>();
        var edge = stackalloc T[most * width];
        var tiles = (rows + most - 1) / most;
        for (int tile = 0, row = 0; tile < tiles; tile++)
        {
            var count = (rows - row + tiles - tile - 1) / (tiles - tile);
            T* from = a + row * aRow, to = c + row * cRow, add = first is null ? null : first + row * firstRow;
            if (columns == width) Tile<T, V>(count, depth, from, aRow, aCol, b, bRow, to, cRow, add, firstRow);
            else
            {
                Tile<T, V>(count, depth, from, aRow, aCol, b, bRow, edge, width, null, 0);
                for (var i = 0; i < count; i++) CopyPart<T, V>(edge + i * width, columns, to + i * cRow, add is null ? null : add + i * firstRow);
            }
            row += count;
        }
    }

    /// <summary>c = first + the first <paramref name="columns"/> numbers of a tile's row.</summary>
    static void CopyPart<T, V>(T* row, int columns, T* c, T* first) where T : unmanaged where V : struct, ISimd<V, T>
    {
        for (var j = 0; j < columns; j += V.Count)
        {
            var v = Load<T, V>(row + j);
            var part = Math.Min(V.Count, columns - j);
            View<T> to = new(c + j, part), add = new(first + j, part);
            if (part == V.Count) V.Store(first is null ? v : v + V.Load(add, 0), to, 0);
            else V.StorePart(first is null ? v : v + V.LoadPart(add, 0, part, default), to, 0, part);
        }
    }
}
