using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class MatMul
{
    /// <summary>How a lies in memory: in rows, or (transposed, or packed so) in columns. A constant to the compiler.</summary>
    interface ILay { static abstract bool InColumns { get; } }

    readonly struct Rowwise : ILay { public static bool InColumns => false; }
    readonly struct Columnwise : ILay { public static bool InColumns => true; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Tile512<T>(int rows, int depth, T* a, nint aRow, nint aCol, T* b, nint bRow, T* c, nint cRow, T* plus, nint plusRow)
        where T : unmanaged
    {
        if (aRow == 1) Tile512<T, Columnwise>(rows, depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow);
        else Tile512<T, Rowwise>(rows, depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Tile512<T, L>(int rows, int depth, T* a, nint aRow, nint aCol, T* b, nint bRow, T* c, nint cRow, T* plus, nint plusRow)
        where T : unmanaged where L : struct, ILay
    {
        switch (rows)
        {
            case 1: Tile512<T, L, One>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 2: Tile512<T, L, Two>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 3: Tile512<T, L, Three>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 4: Tile512<T, L, Four>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 5: Tile512<T, L, Five>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 6: Tile512<T, L, Six>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 7: Tile512<T, L, Seven>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 8: Tile512<T, L, Eight>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 9: Tile512<T, L, Nine>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 10: Tile512<T, L, Ten>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 11: Tile512<T, L, Eleven>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 12: Tile512<T, L, Twelve>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 13: Tile512<T, L, Thirteen>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            default: Tile512<T, L, Fourteen>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
        }
    }

    /// <summary>
    /// The tile for the 32 registers of AVX-512: fourteen rows are 28 sums, xᵢ and yᵢ, beside two registers of b and one of a; for each k
    /// 28 multiply-adds for 16 loads. Three things keep the multiply-adds fed. Vectors are bare, not lanes: the compiler then adds to a
    /// register without copying it. Two k are done a round: the integer sums that move the pointers on take the same ports as
    /// multiply-adds. And rows of a three by three share a pointer, to which a stride or two are added in the addressing: fourteen pointers
    /// would not fit the 16 integer registers. (A column of a takes one.)
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Tile512<T, L, R>(int depth, T* a, nint aRow, nint aCol, T* b, nint bRow, T* c, nint cRow, T* plus, nint plusRow)
        where T : unmanaged where L : struct, ILay where R : struct, ICount
    {
        Prefetch(c, cRow, R.Count);
        T* a0 = a, a3 = a0 + 3 * aRow, a6 = a3 + 3 * aRow, a9 = a6 + 3 * aRow, a12 = a9 + 3 * aRow;
        nint twoRows = 2 * aRow;
        Vector512<T> x0 = default, y0 = default, x1 = default, y1 = default, x2 = default, y2 = default, x3 = default, y3 = default;
        Vector512<T> x4 = default, y4 = default, x5 = default, y5 = default, x6 = default, y6 = default, x7 = default, y7 = default;
        Vector512<T> x8 = default, y8 = default, x9 = default, y9 = default, x10 = default, y10 = default, x11 = default, y11 = default;
        Vector512<T> x12 = default, y12 = default, x13 = default, y13 = default;
        for (var left = depth; left > 0; left -= 2)
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
            if (R.Count > 12) { s = Broadcast<T, L>(a12, 0, a, 12); x12 = MulAdd(s, b0, x12); y12 = MulAdd(s, b1, y12); }
            if (R.Count > 13) { s = Broadcast<T, L>(a12, aRow, a, 13); x13 = MulAdd(s, b0, x13); y13 = MulAdd(s, b1, y13); }
            if (left == 1) break;
            if (L.InColumns) a += aCol;
            b += bRow;
            b0 = Vector512.Load(b);
            b1 = Vector512.Load(b + Vector512<T>.Count);
            s = Broadcast<T, L>(a0, 1, a, 0);
            x0 = MulAdd(s, b0, x0); y0 = MulAdd(s, b1, y0);
            if (R.Count > 1) { s = Broadcast<T, L>(a0, aRow + 1, a, 1); x1 = MulAdd(s, b0, x1); y1 = MulAdd(s, b1, y1); }
            if (R.Count > 2) { s = Broadcast<T, L>(a0, twoRows + 1, a, 2); x2 = MulAdd(s, b0, x2); y2 = MulAdd(s, b1, y2); }
            if (R.Count > 3) { s = Broadcast<T, L>(a3, 1, a, 3); x3 = MulAdd(s, b0, x3); y3 = MulAdd(s, b1, y3); }
            if (R.Count > 4) { s = Broadcast<T, L>(a3, aRow + 1, a, 4); x4 = MulAdd(s, b0, x4); y4 = MulAdd(s, b1, y4); }
            if (R.Count > 5) { s = Broadcast<T, L>(a3, twoRows + 1, a, 5); x5 = MulAdd(s, b0, x5); y5 = MulAdd(s, b1, y5); }
            if (R.Count > 6) { s = Broadcast<T, L>(a6, 1, a, 6); x6 = MulAdd(s, b0, x6); y6 = MulAdd(s, b1, y6); }
            if (R.Count > 7) { s = Broadcast<T, L>(a6, aRow + 1, a, 7); x7 = MulAdd(s, b0, x7); y7 = MulAdd(s, b1, y7); }
            if (R.Count > 8) { s = Broadcast<T, L>(a6, twoRows + 1, a, 8); x8 = MulAdd(s, b0, x8); y8 = MulAdd(s, b1, y8); }
            if (R.Count > 9) { s = Broadcast<T, L>(a9, 1, a, 9); x9 = MulAdd(s, b0, x9); y9 = MulAdd(s, b1, y9); }
            if (R.Count > 10) { s = Broadcast<T, L>(a9, aRow + 1, a, 10); x10 = MulAdd(s, b0, x10); y10 = MulAdd(s, b1, y10); }
            if (R.Count > 11) { s = Broadcast<T, L>(a9, twoRows + 1, a, 11); x11 = MulAdd(s, b0, x11); y11 = MulAdd(s, b1, y11); }
            if (R.Count > 12) { s = Broadcast<T, L>(a12, 1, a, 12); x12 = MulAdd(s, b0, x12); y12 = MulAdd(s, b1, y12); }
            if (R.Count > 13) { s = Broadcast<T, L>(a12, aRow + 1, a, 13); x13 = MulAdd(s, b0, x13); y13 = MulAdd(s, b1, y13); }
            if (L.InColumns) a += aCol;
            else { a0 += 2; a3 += 2; a6 += 2; a9 += 2; a12 += 2; }
            b += bRow;
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
        if (R.Count > 12) Put(x12, y12, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 13) Put(x13, y13, c += cRow, plus = Next(plus, plusRow));
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

    /// <summary>The same for the second-level cache.</summary>
    static void PrefetchSecondLevel<T>(T* x, nint row, int rows) where T : unmanaged
    {
        if (!Sse.IsSupported) return;
        for (var i = 0; i < rows; i++, x += row)
        {
            Sse.Prefetch1(x);
            Sse.Prefetch1(x + Vector512<T>.Count);
        }
    }
}
