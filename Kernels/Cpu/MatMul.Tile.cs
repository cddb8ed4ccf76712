using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class MatMul
{
    /// <summary>
    /// The most rows of a tile. With two registers a row, six rows are 12 sums, which fill the 16 registers of AVX2 beside two of b and one
    /// of a; AVX-512 has 32 registers, for twelve.
    /// </summary>
    internal static int TileRows<T, V>() where T : unmanaged where V : struct => typeof(V) == typeof(Lane512<T>) ? 12 : 6;

    /// <summary>
    /// c = plus + a b for one tile of <paramref name="rows"/> ≤ <see cref="TileRows"/> rows and one panel of b, two registers of columns;
    /// or for <paramref name="two"/> panels, of which the second begins <paramref name="bNext"/> numbers after the first. Without plus if
    /// that is null. The rows of a or its columns lie along memory: <paramref name="aCol"/> or <paramref name="aRow"/> is 1.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Tile<T, V>(int rows, bool two, int depth, T* a, nint aRow, nint aCol, T* b, nint bRow, nint bNext, T* c, nint cRow,
        T* plus, nint plusRow) where T : unmanaged where V : struct, ISimd<V, T>
    {
        if (typeof(V) == typeof(Lane512<T>) && aRow == 1)
            Tile512<T, Columnwise>(rows, two, depth, a, aRow, aCol, b, bRow, bNext, c, cRow, plus, plusRow);
        else if (typeof(V) == typeof(Lane512<T>))
            Tile512<T, Rowwise>(rows, two, depth, a, aRow, aCol, b, bRow, bNext, c, cRow, plus, plusRow);
        else
        {
            Tile<T, V>(rows, depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow);
            if (two) Tile<T, V>(rows, depth, a, aRow, aCol, b + bNext, bRow, c + 2 * V.Count, cRow, Next(plus, 2 * V.Count), plusRow);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Tile<T, V>(int rows, int depth, T* a, nint aRow, nint aCol, T* b, nint bRow, T* c, nint cRow, T* plus, nint plusRow)
        where T : unmanaged where V : struct, ISimd<V, T>
    {
        switch (rows)
        {
            case 1: Tile<T, V, One>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 2: Tile<T, V, Two>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 3: Tile<T, V, Three>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 4: Tile<T, V, Four>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            case 5: Tile<T, V, Five>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
            default: Tile<T, V, Six>(depth, a, aRow, aCol, b, bRow, c, cRow, plus, plusRow); break;
        }
    }

    /// <summary>
    /// The innermost loop: c = plus + a b with all of c in registers. For each k it loads two registers of b's row k, and multiplies them
    /// by one number of each row of a: 12 multiply-adds for 8 loads. Pointers, as a bounds check here would cost more than the work.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Tile<T, V, R>(int depth, T* a, nint aRow, nint aCol, T* b, nint bRow, T* c, nint cRow, T* plus, nint plusRow)
        where T : unmanaged where V : struct, ISimd<V, T> where R : struct, ICount
    {
        T* a0 = a, a1 = a0 + aRow, a2 = a1 + aRow, a3 = a2 + aRow, a4 = a3 + aRow, a5 = a4 + aRow;
        V c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        V c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        nint k = 0;
        for (var left = depth; left > 0; left--, k += aCol, b += bRow)
        {
            V b0 = Load<T, V>(b), b1 = Load<T, V>(b + V.Count), x = V.Broadcast(a0[k]);
            c00 = V.MulAdd(x, b0, c00); c01 = V.MulAdd(x, b1, c01);
            if (R.Count > 1) { x = V.Broadcast(a1[k]); c10 = V.MulAdd(x, b0, c10); c11 = V.MulAdd(x, b1, c11); }
            if (R.Count > 2) { x = V.Broadcast(a2[k]); c20 = V.MulAdd(x, b0, c20); c21 = V.MulAdd(x, b1, c21); }
            if (R.Count > 3) { x = V.Broadcast(a3[k]); c30 = V.MulAdd(x, b0, c30); c31 = V.MulAdd(x, b1, c31); }
            if (R.Count > 4) { x = V.Broadcast(a4[k]); c40 = V.MulAdd(x, b0, c40); c41 = V.MulAdd(x, b1, c41); }
            if (R.Count > 5) { x = V.Broadcast(a5[k]); c50 = V.MulAdd(x, b0, c50); c51 = V.MulAdd(x, b1, c51); }
        }
        Put(c00, c01, c, plus);
        if (R.Count > 1) Put(c10, c11, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 2) Put(c20, c21, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 3) Put(c30, c31, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 4) Put(c40, c41, c += cRow, plus = Next(plus, plusRow));
        if (R.Count > 5) Put(c50, c51, c += cRow, plus = Next(plus, plusRow));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T* Next<T>(T* plus, nint row) where T : unmanaged => plus is null ? null : plus + row;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put<T, V>(V left, V right, T* c, T* plus) where T : unmanaged where V : struct, ISimd<V, T>
    {
        if (plus is not null) (left, right) = (left + Load<T, V>(plus), right + Load<T, V>(plus + V.Count));
        Store(left, c);
        Store(right, c + V.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Load<T, V>(T* x) where T : unmanaged where V : struct, ISimd<V, T> => V.Load(new(x, V.Count), 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store<T, V>(V v, T* x) where T : unmanaged where V : struct, ISimd<V, T> => V.Store(v, new(x, V.Count), 0);
}
