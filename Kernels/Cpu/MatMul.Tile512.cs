using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class MatMul
{
    // The tiles for the 32 registers of AVX-512: 24 sums, as six rows by two panels (Wide), or as twelve rows by a panel that is left alone
    // (Tall). For each k Wide has 10 loads for its 24 multiply-adds, Tall 14, and a core makes no more than two of each at a time. Vectors
    // are bare, not lanes: the compiler then adds to a register without copying it. And rows of a three by three share a pointer, to which
    // a stride or two are added in the addressing, as twelve pointers would not fit the 16 integer registers. (A column of a takes one.)

    /// <summary>How a lies in memory: in rows, or (transposed) in columns. A constant to the compiler.</summary>
    interface ILay { static abstract bool InColumns { get; } }

    readonly struct Rowwise : ILay { public static bool InColumns => false; }
    readonly struct Columnwise : ILay { public static bool InColumns => true; }

    /// <summary>A tile for AVX-512; over two panels, more than six rows are two tiles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Tile512<T, L>(int rows, bool two, int depth, T* a, nint aRow, nint aCol, T* b, nint bRow, nint bNext, T* c, nint cRow,
        T* plus, nint plusRow) where T : unmanaged where L : struct, ILay
    {
        if (two)
        {
            var upper = rows <= 6 ? rows : (rows + 1) / 2;
            Wide<T, L>(upper, depth, a, aRow, aCol, b, bRow, bNext, c, cRow, plus, plusRow);
            if (rows > upper)
                Wide<T, L>(rows - upper, depth, a + upper * aRow, aRow, aCol, b, bRow, bNext, c + upper * cRow, cRow,
                    Next(plus, upper * plusRow), plusRow);
            return;
        }
        switch (rows)
        {
            case 1: Tall<T, L, One>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 2: Tall<T, L, Two>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 3: Tall<T, L, Three>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 4: Tall<T, L, Four>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 5: Tall<T, L, Five>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 6: Tall<T, L, Six>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 7: Tall<T, L, Seven>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 8: Tall<T, L, Eight>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 9: Tall<T, L, Nine>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 10: Tall<T, L, Ten>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 11: Tall<T, L, Eleven>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            default: Tall<T, L, Twelve>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Wide<T, L>(int rows, int depth, T* a, nint aRow, nint aCol, T* b, nint bRow, nint bNext, T* c, nint cRow,
        T* plus, nint plusRow) where T : unmanaged where L : struct, ILay
    {
        switch (rows)
        {
            case 1: Wide<T, L, One>(depth, a, aRow, aCol, b, bRow, bNext, c, cRow, plus, plusRow); break;
            case 2: Wide<T, L, Two>(depth, a, aRow, aCol, b, bRow, bNext, c, cRow, plus, plusRow); break;
            case 3: Wide<T, L, Three>(depth, a, aRow, aCol, b, bRow, bNext, c, cRow, plus, plusRow); break;
            case 4: Wide<T, L, Four>(depth, a, aRow, aCol, b, bRow, bNext, c, cRow, plus, plusRow); break;
            case 5: Wide<T, L, Five>(depth, a, aRow, aCol, b, bRow, bNext, c, cRow, plus, plusRow); break;
            default: Wide<T, L, Six>(depth, a, aRow, aCol, b, bRow, bNext, c, cRow, plus, plusRow); break;
        }
    }

    /// <summary>
    /// Row i of c is wᵢ, xᵢ, yᵢ, zᵢ. Each k calls a line of c into the cache, four for a row; the outer loop's last round is all the k that
    /// are left then.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Wide<T, L, R>(int depth, T* a, nint aRow, nint aCol, T* b, nint bRow, nint bNext, T* c, nint cRow, T* plus, nint plusRow)
        where T : unmanaged where L : struct, ILay where R : struct, ICount
    {
        nint twoRows = 2 * aRow;
        T* a0 = a, a3 = a0 + 3 * aRow, next = b + bNext;
        Vector512<T> w0 = default, x0 = default, y0 = default, z0 = default, w1 = default, x1 = default, y1 = default, z1 = default;
        Vector512<T> w2 = default, x2 = default, y2 = default, z2 = default, w3 = default, x3 = default, y3 = default, z3 = default;
        Vector512<T> w4 = default, x4 = default, y4 = default, z4 = default, w5 = default, x5 = default, y5 = default, z5 = default;
        for (int left = depth, row = 0, steps; left > 0; left -= steps, row++)
        {
            var line = c + Math.Min(row, R.Count - 1) * cRow;
            var (stride, most) = row < R.Count ? ((nint)Vector512<T>.Count, 4) : (0, left);
            steps = Math.Min(most, left);
            for (var k = steps; k > 0; k--, b += bRow, next += bRow, line += stride)
            {
                if (Sse.IsSupported) Sse.Prefetch0(line);
                Vector512<T> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Vector512<T>.Count);
                Vector512<T> b2 = Vector512.Load(next), b3 = Vector512.Load(next + Vector512<T>.Count), s = Broadcast<T, L>(a0, 0, a, 0);
                w0 = MulAdd(s, b0, w0); x0 = MulAdd(s, b1, x0); y0 = MulAdd(s, b2, y0); z0 = MulAdd(s, b3, z0);
                if (R.Count > 1) s = Broadcast<T, L>(a0, aRow, a, 1);
                if (R.Count > 1) { w1 = MulAdd(s, b0, w1); x1 = MulAdd(s, b1, x1); y1 = MulAdd(s, b2, y1); z1 = MulAdd(s, b3, z1); }
                if (R.Count > 2) s = Broadcast<T, L>(a0, twoRows, a, 2);
                if (R.Count > 2) { w2 = MulAdd(s, b0, w2); x2 = MulAdd(s, b1, x2); y2 = MulAdd(s, b2, y2); z2 = MulAdd(s, b3, z2); }
                if (R.Count > 3) s = Broadcast<T, L>(a3, 0, a, 3);
                if (R.Count > 3) { w3 = MulAdd(s, b0, w3); x3 = MulAdd(s, b1, x3); y3 = MulAdd(s, b2, y3); z3 = MulAdd(s, b3, z3); }
                if (R.Count > 4) s = Broadcast<T, L>(a3, aRow, a, 4);
                if (R.Count > 4) { w4 = MulAdd(s, b0, w4); x4 = MulAdd(s, b1, x4); y4 = MulAdd(s, b2, y4); z4 = MulAdd(s, b3, z4); }
                if (R.Count > 5) s = Broadcast<T, L>(a3, twoRows, a, 5);
                if (R.Count > 5) { w5 = MulAdd(s, b0, w5); x5 = MulAdd(s, b1, x5); y5 = MulAdd(s, b2, y5); z5 = MulAdd(s, b3, z5); }
                if (L.InColumns) a += aCol;
                else { a0++; a3++; }
            }
        }
        Put(w0, x0, y0, z0, c, plus);
        if (R.Count > 1) Put(w1, x1, y1, z1, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 2) Put(w2, x2, y2, z2, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 3) Put(w3, x3, y3, z3, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 4) Put(w4, x4, y4, z4, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 5) Put(w5, x5, y5, z5, c += cRow, plus = Next(plus, plusRow));
    }

    /// <summary>Row i of c is xᵢ, yᵢ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Tall<T, L, R>(int depth, T* a, nint aRow, nint aCol, T* b, nint bRow, T* c, nint cRow, T* plus, nint plusRow)
        where T : unmanaged where L : struct, ILay where R : struct, ICount
    {
        Prefetch(c, cRow, R.Count);
        T* a0 = a, a3 = a0 + 3 * aRow, a6 = a3 + 3 * aRow, a9 = a6 + 3 * aRow;
        nint twoRows = 2 * aRow;
        Vector512<T> x0 = default, y0 = default, x1 = default, y1 = default, x2 = default, y2 = default, x3 = default, y3 = default;
        Vector512<T> x4 = default, y4 = default, x5 = default, y5 = default, x6 = default, y6 = default, x7 = default, y7 = default;
        Vector512<T> x8 = default, y8 = default, x9 = default, y9 = default, x10 = default, y10 = default, x11 = default, y11 = default;
        for (var left = depth; left > 0; left--, b += bRow)
        {
            Vector512<T> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Vector512<T>.Count), s = Broadcast<T, L>(a0, 0, a, 0);
            x0 = MulAdd(s, b0, x0); y0 = MulAdd(s, b1, y0);
            if (R.Count > 1) { s = Broadcast<T, L>(a0, aRow, a, 1); x1 = MulAdd(s, b0, x1); y1 = MulAdd(s, b1, y1); }
            if (R.Count > 2) { s = Broadcast<T, L>(a0, twoRows, a, 2); x2 = MulAdd(s, b0, x2); y2 = MulAdd(s, b1, y2); }
            if (R.Count > 3) { s = Broadcast<T, L>(a3, 0, a, 3); x3 = MulAdd(s, b0, x3); y3 = MulAdd(s, b1, y3); }
            if (R.Count > 4) { s = Broadcast<T, L>(a3, aRow, a, 4); x4 = MulAdd(s, b0, x4); y4 = MulAdd(s, b1, y4); }
            if (R.Count > 5) { s = Broadcast<T, L>(a3, twoRows, a, 5); x5 = MulAdd(s, b0, x5); y5 = MulAdd(s, b1, y5); }
            if (R.Count > 6) { s = Broadcast<T, L>(a6, 0, a, 6); x6 = MulAdd(s, b0, x6); y6 = MulAdd(s, b1, y6); }
            if (R.Count > 7) { s = Broadcast<T, L>(a6, aRow, a, 7); x7 = MulAdd(s, b0, x7); y7 = MulAdd(s, b1, y7); }
            if (R.Count > 8) { s = Broadcast<T, L>(a6, twoRows, a, 8); x8 = MulAdd(s, b0, x8); y8 = MulAdd(s, b1, y8); }
            if (R.Count > 9) { s = Broadcast<T, L>(a9, 0, a, 9); x9 = MulAdd(s, b0, x9); y9 = MulAdd(s, b1, y9); }
            if (R.Count > 10) { s = Broadcast<T, L>(a9, aRow, a, 10); x10 = MulAdd(s, b0, x10); y10 = MulAdd(s, b1, y10); }
            if (R.Count > 11) { s = Broadcast<T, L>(a9, twoRows, a, 11); x11 = MulAdd(s, b0, x11); y11 = MulAdd(s, b1, y11); }
            if (L.InColumns) a += aCol;
            else { a0++; a3++; a6++; a9++; }
        }
        Put(x0, y0, c, plus);
        if (R.Count > 1) Put(x1, y1, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 2) Put(x2, y2, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 3) Put(x3, y3, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 4) Put(x4, y4, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 5) Put(x5, y5, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 6) Put(x6, y6, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 7) Put(x7, y7, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 8) Put(x8, y8, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 9) Put(x9, y9, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 10) Put(x10, y10, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 11) Put(x11, y11, c += cRow, plus = Next(plus, plusRow));
    }

    /// <summary>A number of a in every place of a register: <c>row[at]</c>, or <c>column[place]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<T> Broadcast<T, L>(T* row, nint at, T* column, int place) where T : unmanaged where L : struct, ILay =>
        Vector512.Create(L.InColumns ? column[place] : row[at]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<T> MulAdd<T>(Vector512<T> a, Vector512<T> b, Vector512<T> c) => typeof(T) == typeof(float)
        ? Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
        : Vector512.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put<T>(Vector512<T> w, Vector512<T> x, Vector512<T> y, Vector512<T> z, T* c, T* plus) where T : unmanaged
    {
        Put(w, x, c, plus);
        Put(y, z, c + 2 * Vector512<T>.Count, Next(plus, 2 * Vector512<T>.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put<T>(Vector512<T> left, Vector512<T> right, T* c, T* plus) where T : unmanaged
    {
        if (plus is not null) (left, right) = (left + Vector512.Load(plus), right + Vector512.Load(plus + Vector512<T>.Count));
        left.Store(c);
        right.Store(c + Vector512<T>.Count);
    }

    /// <summary>Calls two registers of each of some rows into the first-level cache, while other work is done.</summary>
    internal static void Prefetch<T>(T* x, nint row, int rows) where T : unmanaged
    {
        if (!Sse.IsSupported) return;
        for (var i = 0; i < rows; i++, x += row)
        {
            Sse.Prefetch0(x);
            Sse.Prefetch0(x + Vector512<T>.Count);
        }
    }
}
