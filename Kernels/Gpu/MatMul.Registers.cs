using System.Runtime.CompilerServices;
using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// How A's rows, or B's columns, lie in memory: the numbers of one <see cref="StrideK"/> apart, each <see cref="Stride"/> from the next.
/// </summary>
public readonly struct Operand(int stride, int strideK, bool aligned)
{
    public readonly int Stride = stride, StrideK = strideK;

    /// <summary>1 where neighbours along k are neighbours in memory, and four of them are loaded at once; else along the other axis.</summary>
    public readonly int AlongK = strideK == 1 ? 1 : 0;

    /// <summary>1 where each four start at a multiple of 16 bytes, which a single load needs.</summary>
    public readonly int Wide = aligned && (strideK == 1 ? stride % 4 == 0 : stride == 1 && strideK % 4 == 0) ? 1 : 0;
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
        int side = 4 * T.Blocks * T.Side, stage = T.Depth * Sums<T>.Pitch, y = Group.IdxX / T.Side, x = Group.IdxX - y * T.Side;
        int down = (shape.M + side - 1) / side, across = (shape.N + side - 1) / side;
        for (int tile = Grid.IdxX; tile < shape.Splits * shape.Batch * down * across; tile += Grid.DimX)
        {
            int strip = tile / across, matrix = strip / down, top = (strip - matrix * down) * side, left = (tile - strip * across) * side;
            int split = matrix / shape.Batch, start = split * shape.SplitK, end = Math.Min(start + shape.SplitK, shape.K);
            var at = shape.Batches.At(matrix - split * shape.Batch);
            var sums = default(Sums<T>);
            Share<T>.Of(a, at.A, rows, top, shape.M, start, end).Put(tileA, rows);
            Share<T>.Of(b, at.B, columns, left, shape.N, start, end).Put(tileB, columns);
            Group.Barrier();
            for (int k = start, present = 0; k < end; k += T.Depth, present = stage - present)
            {
                var nextA = Share<T>.Of(a, at.A, rows, top, shape.M, k + T.Depth, end);
                var nextB = Share<T>.Of(b, at.B, columns, left, shape.N, k + T.Depth, end);
                for (int i = 0; i < T.Depth; i += 4)        // compilers leave loops as they are: four steps at once
                {
                    ArrayView<F4> u = tileA.SubView(present + i * Sums<T>.Pitch + y), v = tileB.SubView(present + i * Sums<T>.Pitch + x);
                    sums = sums.Plus(u, v, 0).Plus(u, v, 1).Plus(u, v, 2).Plus(u, v, 3);
                }
                nextA.Put(tileA.SubView(stage - present), rows);
                nextB.Put(tileB.SubView(stage - present), columns);
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

/// <summary>What a thread brings of a tile of A or B: four numbers, or twice four where the group is small.</summary>
public readonly struct Share<T>(F4 first, F4 second) where T : struct, ITile
{
    readonly F4 first = first, second = second;

    static int Side => 4 * T.Blocks * T.Side;       // of the tile: its rows of A or columns of B
    static bool IsTwice => Side * T.Depth > 4 * T.Side * T.Side;

    /// <summary>Loads this thread's numbers of the tile that begins at row i of A, or column i of B, and k; 0 beyond n and depth.</summary>
    public static Share<T> Of(ArrayView<float> x, int start, Operand o, int i, int n, int k, int depth) => new(
        Load(x, start, o, i, n, k, depth, Group.IdxX), IsTwice ? Load(x, start, o, i, n, k, depth, Group.IdxX + Group.DimX) : default);

    /// <summary>Copies them to shared memory, where rows of A and columns of B stand side by side.</summary>
    public void Put(ArrayView<F4> tile, Operand o)
    {
        Put(Rounded(first), tile, o, Group.IdxX);
        if (IsTwice) Put(Rounded(second), tile, o, Group.IdxX + Group.DimX);
    }

    static F4 Load(ArrayView<float> x, int start, Operand o, int i, int n, int k, int depth, int item)
    {
        i += o.AlongK != 0 ? item / (T.Depth / 4) : item % (Side / 4) * 4;
        k += o.AlongK != 0 ? item % (T.Depth / 4) * 4 : item / (Side / 4);
        int from = start + i * o.Stride + k * o.StrideK, step = o.AlongK != 0 ? o.StrideK : o.Stride;
        int count = o.AlongK != 0 ? i < n ? depth - k : 0 : k < depth ? n - i : 0;
        if (o.Wide != 0 && count >= 4) return x.Cast<F4>()[from >> 2];
        return new(count > 0 ? x[from] : 0, count > 1 ? x[from + step] : 0, count > 2 ? x[from + 2 * step] : 0,
            count > 3 ? x[from + 3 * step] : 0);
    }

    static F4 Rounded(F4 v) =>
        T.IsRounded ? new(Rounded<T>.Round(v.X), Rounded<T>.Round(v.Y), Rounded<T>.Round(v.Z), Rounded<T>.Round(v.W)) : v;

    static void Put(F4 v, ArrayView<F4> tile, Operand o, int item)
    {
        if (o.AlongK == 0)
        {
            tile[item / (Side / 4) * Sums<T>.Pitch + item % (Side / 4)] = v;
            return;
        }
        var to = tile.Cast<float>().SubView(item % (T.Depth / 4) * 16 * Sums<T>.Pitch + item / (T.Depth / 4));
        to[0] = v.X;
        to[4 * Sums<T>.Pitch] = v.Y;
        to[8 * Sums<T>.Pitch] = v.Z;
        to[12 * Sums<T>.Pitch] = v.W;
    }
}
