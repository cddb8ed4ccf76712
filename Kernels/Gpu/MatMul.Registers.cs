using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// How A's rows, or B's columns, lie in memory: the numbers of one <see cref="StrideK"/> apart, each <see cref="Stride"/> from the next.
/// </summary>
public readonly struct Operand(int stride, int strideK)
{
    public readonly int Stride = stride, StrideK = strideK;

    /// <summary>1 where neighbours along k are neighbours in memory, and loaded by fours; else neighbours along the other axis are.</summary>
    public readonly int AlongK = strideK == 1 ? 1 : 0;

    /// <summary>How many of a thread's four numbers each k has.</summary>
    public readonly int PerK = strideK == 1 ? 1 : 4;
}

/// <summary>What becomes of the sums: c = f(sum + plus).</summary>
/// <param name="plusRow">how far apart plus's rows lie: 0 for one row for all, as a bias is; negative where nothing is added</param>
/// <param name="aligned">whether each four neighbours of c and plus start at a multiple of 16 bytes</param>
public readonly struct Epilogue<F>(F f, int plusRow, bool aligned) where F : struct, IUnary
{
    readonly F f = f;
    readonly int plusRow = plusRow, aligned = aligned ? 1 : 0;

    /// <summary>Stores four neighbours of one row of the matrix of C that begins at <paramref name="first"/>.</summary>
    public void Store(F4 v, ArrayView<float> c, ArrayView<float> plus, int first, int row, int column, MatMulShape shape)
    {
        int at = first + row * shape.CRow + column, count = row < shape.M ? shape.N - column : 0;
        if (aligned != 0 && count >= 4)
        {
            if (plusRow >= 0) v += plus.Cast<F4>()[(row * plusRow + column) >> 2];
            c.Cast<F4>()[at >> 2] = new(Of(v.X), Of(v.Y), Of(v.Z), Of(v.W));
            return;
        }
        for (int i = 0; i < 4 && i < count; i++) c[at + i] = Of(i == 0 ? v.X : i == 1 ? v.Y : i == 2 ? v.Z : v.W, plus, row, column + i);
    }

    /// <summary>f(sum + plus) at this place.</summary>
    public float Of(float sum, ArrayView<float> plus, int row, int column) => Of(plusRow >= 0 ? sum + plus[row * plusRow + column] : sum);

    float Of(float x) => f.Apply(new F32(x)).Value;
}

/// <summary>f(x) = x.</summary>
public readonly struct Identity : IUnary
{
    public V Apply<V>(V x) where V : struct, ILane<V> => x;
    public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1);
}

public static partial class MatMul
{
    // The most that two stages of a tile of A or B take in shared memory, in fours.
    const int MaxTile = 2 * 16 * (16 + 1);

    /// <summary>
    /// A group takes tiles of C, a thread 4 × 4 or 8 × 8 numbers of them, in registers. For every <see cref="ITile.Depth"/> columns of A
    /// the group copies these, transposed, and as many rows of B into shared memory; of each a thread then reads 4 or 8 numbers to do 16
    /// or 64 multiplications. Shared memory holds two stages: while the threads multiply one, the numbers of the next are on their way.
    /// </summary>
    public static void Registers<T, F>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> plus, MatMulShape shape,
        Operand rows, Operand columns, Epilogue<F> epilogue) where T : struct, ITile where F : struct, IUnary
    {
        ArrayView<F4> tileA = SharedMemory.Allocate<F4>(MaxTile), tileB = SharedMemory.Allocate<F4>(MaxTile);
        int side = 4 * T.Blocks * T.Side, stage = T.Depth * Sums<T>.Pitch;
        // Two rows of threads in turn: neighbours read the same of B, next but one neighbours the same of A. Where all of a warp are so
        // paired, shared memory answers a load of 16 bytes in two goes instead of four (NVIDIA, forums.developer.nvidia.com, 77228).
        int pair = Group.IdxX / 2, rowPair = pair / T.Side, x = pair - rowPair * T.Side, y = 2 * rowPair + (Group.IdxX & 1);
        int down = (shape.M + side - 1) / side, across = (shape.N + side - 1) / side;
        for (int tile = Grid.IdxX; tile < shape.Splits * shape.Batch * down * across; tile += Grid.DimX)
        {
            int strip = tile / across, matrix = strip / down, top = (strip - matrix * down) * side, left = (tile - strip * across) * side;
            int split = matrix / shape.Batch, start = split * shape.SplitK, end = Math.Min(start + shape.SplitK, shape.K);
            var at = shape.Batches.At(matrix - split * shape.Batch);
            var sums = default(Sums<T>);
            Share<T> ofA = Share<T>.Of(at.A, rows, top, shape.M), ofB = Share<T>.Of(at.B, columns, left, shape.N);
            ofA.Put(ofA.Load(a, rows, start, end), tileA, rows);
            ofB.Put(ofB.Load(b, columns, start, end), tileB, columns);
            Group.Barrier();
            for (int k = start, present = 0; k < end; k += T.Depth, present = stage - present)
            {
                Fours nextA = ofA.Load(a, rows, k + T.Depth, end), nextB = ofB.Load(b, columns, k + T.Depth, end);
                ArrayView<F4> us = tileA.SubView(present + y), vs = tileB.SubView(present + x);
                for (int i = 0; i < stage; i += 2 * Sums<T>.Pitch)      // ILGPU leaves loops as they are; more at once takes more registers
                {
                    ArrayView<F4> u = us.SubView(i), v = vs.SubView(i);
                    sums = sums.Plus(u, v, 0).Plus(u, v, 1);
                }
                ofA.Put(nextA, tileA.SubView(stage - present), rows);
                ofB.Put(nextB, tileB.SubView(stage - present), columns);
                Group.Barrier();
            }
            for (int i = 0; i < 4 * T.Blocks * T.Blocks; i++)
            {
                int block = i / 4, row = top + 4 * (y + block / T.Blocks * T.Side) + i % 4;
                int column = left + 4 * (x + block % T.Blocks * T.Side);
                epilogue.Store(sums.Block(block).Row(i % 4), c, plus, matrix * shape.M * shape.CRow, row, column, shape);
            }
        }
    }

    /// <summary>c = f(the splits' sums, in order, + plus): a thread takes an element of C.</summary>
    public static void Merge<F>(ArrayView<float> parts, ArrayView<float> c, ArrayView<float> plus, MatMulShape shape,
        Epilogue<F> epilogue) where F : struct, IUnary
    {
        for (int i = Threads.First; i < c.IntLength; i += Threads.All)
        {
            float sum = 0;
            for (int split = 0; split < shape.Splits; split++) sum += parts[split * c.IntLength + i];
            c[i] = epilogue.Of(sum, plus, i / shape.N, i % shape.N);
        }
    }
}

/// <summary>What a thread sums up of a tile: 4 × 4 numbers, or four such blocks, half a tile from each other.</summary>
public readonly struct Sums<T>(Block c00, Block c01, Block c10, Block c11) where T : struct, ITile
{
    readonly Block c00 = c00, c01 = c01, c10 = c10, c11 = c11;

    /// <summary>From one k to the next in shared memory, in fours: one more than there are, which puts them into different banks.</summary>
    public static int Pitch => T.Blocks * T.Side + 1;

    /// <summary>This + u vᵀ, of the numbers of A and B at step i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Sums<T> Plus(ArrayView<F4> u, ArrayView<F4> v, int i)
    {
        F4 u0 = u[i * Pitch], v0 = v[i * Pitch];
        if (T.Blocks == 1) return new(c00.Plus(u0, v0), default, default, default);
        F4 u1 = u[i * Pitch + T.Side], v1 = v[i * Pitch + T.Side];
        return new(c00.Plus(u0, v0), c01.Plus(u0, v1), c10.Plus(u1, v0), c11.Plus(u1, v1));
    }

    public Block Block(int i) => T.Blocks == 1 || i == 0 ? c00 : i == 1 ? c01 : i == 2 ? c10 : c11;
}

/// <summary>What a thread brings of every tile of A or B: four numbers, or twice four where the group is small.</summary>
public readonly struct Share<T>(Courier<T> first, Courier<T> second) where T : struct, ITile
{
    static bool IsTwice => Courier<T>.Side * T.Depth > 4 * T.Side * T.Side;

    /// <summary>Of the tile that begins at row i of A, or column i of B, of n in all.</summary>
    public static Share<T> Of(int start, Operand o, int i, int n) =>
        new(new(start, o, i, n, Group.IdxX), IsTwice ? new(start, o, i, n, Group.IdxX + Group.DimX) : default);

    /// <summary>Its numbers of columns k of A, or rows k of B, on, before the end; 0 for others.</summary>
    public Fours Load(ArrayView<float> x, Operand o, int k, int end) =>
        new(first.Load(x, o, k, end), IsTwice ? second.Load(x, o, k, end) : default);

    /// <summary>Copies them to shared memory, where rows of A and columns of B stand side by side.</summary>
    public void Put(Fours v, ArrayView<F4> tile, Operand o)
    {
        first.Put(v.First, tile, o);
        if (IsTwice) second.Put(v.Second, tile, o);
    }
}

/// <summary>What a thread has loaded and not yet put.</summary>
public readonly struct Fours(F4 first, F4 second)
{
    public readonly F4 First = first, Second = second;
}

/// <summary>Brings four neighbours of every tile, from the same place in each.</summary>
public readonly struct Courier<T> where T : struct, ITile
{
    readonly int from, to, k, count;

    public Courier(int start, Operand o, int i, int n, int item)
    {
        k = o.AlongK != 0 ? item % (T.Depth / 4) * 4 : item / (Side / 4);
        int own = o.AlongK != 0 ? item / (T.Depth / 4) : item % (Side / 4) * 4;
        from = start + (i + own) * o.Stride + k * o.StrideK;
        to = 4 * k * Sums<T>.Pitch + own;
        count = o.AlongK != 0 ? i + own < n ? 4 : 0 : n - i - own;
    }

    /// <summary>The tile's rows of A, or columns of B.</summary>
    public static int Side => 4 * T.Blocks * T.Side;

    public F4 Load(ArrayView<float> x, Operand o, int start, int end)
    {
        int here = Math.Min((end - start - k) * o.PerK, count), at = from + start * o.StrideK;
        if (T.IsWide)       // no branch, so that nothing asks for the numbers before they are put
        {
            bool there = here > 0;
            var v = x.Cast<F4>()[Utilities.Select(there, at, 0) >> 2];
            return Rounded(new(Utilities.Select(there, v.X, 0f), Utilities.Select(there, v.Y, 0f), Utilities.Select(there, v.Z, 0f),
                Utilities.Select(there, v.W, 0f)));
        }
        int step = o.AlongK != 0 ? o.StrideK : o.Stride;
        return Rounded(new(
            here > 0 ? x[at] : 0, here > 1 ? x[at + step] : 0, here > 2 ? x[at + 2 * step] : 0, here > 3 ? x[at + 3 * step] : 0));
    }

    public void Put(F4 v, ArrayView<F4> tile, Operand o)
    {
        if (o.AlongK == 0)
        {
            tile[to >> 2] = v;
            return;
        }
        var numbers = tile.Cast<float>().SubView(to);
        numbers[0] = v.X;
        numbers[4 * Sums<T>.Pitch] = v.Y;
        numbers[8 * Sums<T>.Pitch] = v.Z;
        numbers[12 * Sums<T>.Pitch] = v.W;
    }

    static F4 Rounded(F4 v) =>
        T.IsRounded ? new(Rounded<T>.Round(v.X), Rounded<T>.Round(v.Y), Rounded<T>.Round(v.Z), Rounded<T>.Round(v.W)) : v;
}
