using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Whether numbers fill a register. A constant to the compiler: formulas inlined with their edges' masks would be too long for it.
/// </summary>
public interface ISize { static abstract bool Whole { get; } }

/// <summary>What a step of a recurrent network does to its units once the products with the weights are there.</summary>
public unsafe interface ICell<T> where T : unmanaged
{
    /// <summary>Units j, …, j + count − 1 of a row.</summary>
    /// <typeparam name="S">Whether they fill a register.</typeparam>
    /// <param name="products">What each gate gets from the product, <paramref name="next"/> numbers after the gate before; null:
    /// nothing.</param>
    void Units<V, S>(int row, int j, int count, T* products, int next) where V : struct, ISimd<V, T> where S : struct, ISize;

    /// <summary>How many arrays it reads and writes.</summary>
    int Arrays { get; }

    /// <summary>
    /// Where unit 0 of row 0 lies in one of them, and how far apart its rows lie: it can be called into the cache in time.
    /// </summary>
    (nint Start, int Row) Array(int i);
}

/// <summary>
/// Steps of recurrent networks. What a step costs is its product with the recurrent weights, h₋₁ Wᵀ or, going back, dgates W: few rows,
/// but all of the weights, step after step. So the weights are packed once for the whole sequence, in the order in which every step reads
/// them; and a block of units goes through its cell as soon as all its gates have their products, while these are in the first-level cache.
/// </summary>
public static unsafe class RecurrentStep
{
    /// <summary>The units of a block: whole panels, of two registers of columns, for every register's width.</summary>
    const int Unit = 32;

    /// <summary>The most rows whose products wait for their cells: 54 kB for four gates, in the second-level cache.</summary>
    const int MaxRows = 108;

    /// <summary>
    /// The longest block of the sum: two panels of it, 64 kB, stay in the nearest caches for all rows, beside what their cells read.
    /// </summary>
    const int MaxDepth = 256;

    /// <summary>The number of blocks of units.</summary>
    public static int Blocks(int hidden) => (hidden + Unit - 1) / Unit;

    /// <summary>How many numbers weights (depth, gates · hidden) take when they are packed.</summary>
    public static int PackedCount(int depth, int gates, int hidden) => checked(Blocks(hidden) * Unit * gates * depth);

    /// <summary>
    /// Packs weights w (depth, gates · hidden), with any strides: for each block of units one panel of each gate, the units of the last
    /// block filled up with zeros. An item is a block.
    /// </summary>
    public readonly struct Pack<T>(View<T> w, nint row, nint column, int depth, int gates, int hidden, View<T> packed)
        : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            var width = 2 * V.Count;
            for (var j = from * Unit; j < to * Unit; j += width)
                for (var gate = 0; gate < gates; gate++)
                    MatMul.Pack<T, V>(w.Pointer + (gate * hidden + j) * column, row, column, depth, Math.Clamp(hidden - j, 0, width),
                        packed.Pointer + ((long)j * gates + gate * width) * depth, width);
        }
    }

    /// <summary>
    /// y = bias + x w for packed weights, x (rows, depth): what some steps get from their inputs, (rows, gates · hidden). An item is a
    /// block of units.
    /// </summary>
    /// <param name="bias">Empty for zero.</param>
    public readonly struct Inputs<T>(View<T> x, View<T> packed, View<T> bias, View<T> y, int rows, int depth, int gates, int hidden)
        : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            int width = 2 * V.Count, next = gates * hidden, end = Math.Min(to * Unit, hidden);
            for (var j = from * Unit; j < end; j += 2 * width)
                for (var gate = 0; gate < gates; gate++)
                {
                    T* panel = packed.Pointer + ((long)j * gates + gate * width) * depth, sums = y.Pointer + gate * hidden + j;
                    var first = bias.Length == 0 ? null : bias.Pointer + gate * hidden + j;
                    for (var k = 0; k == 0 || k < depth; k += MaxDepth)
                        MatMul.Panel<T, V>(rows, Math.Min(2 * width, end - j), Math.Min(MaxDepth, depth - k), x.Pointer + k, depth, 1,
                            panel + (nint)k * width, width, (nint)gates * width * depth, sums, next,
                            k == 0 ? first : sums, k == 0 ? 0 : next);
                }
        }
    }

    /// <summary>The product of a (rows, depth) and the packed weights, and the cell. An item is a block of units, in all rows.</summary>
    /// <param name="a">Empty: the cell alone.</param>
    public readonly struct ProductAndCell<C, T>(C cell, View<T> a, View<T> packed, int rows, int depth, int gates, int hidden) : IKernel<T>
        where C : struct, ICell<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            var width = 2 * V.Count;
            var products = a.Length == 0 ? null : Scratch<ProductAndCell<C, T>>.Take<T>(Math.Min(rows, MaxRows) * gates * width);
            for (var j = from * Unit; j < Math.Min(to * Unit, hidden); j += width)
                for (var row = 0; row < rows; row += MaxRows)
                    Block<V>(row, Math.Min(MaxRows, rows - row), j, Math.Min(width, hidden - j), products);
        }

        void Block<V>(int row, int count, int j, int units, T* products) where V : struct, ISimd<V, T>
        {
            int width = 2 * V.Count, next = gates * width;
            if (products is not null)
                for (var gate = 0; gate < gates; gate += 2)
                    Product<V>(row, count, j, packed.Pointer + ((long)j * gates + gate * width) * depth,
                        products + gate * width, next, gate);
            for (var r = 0; r < count; r++)
                for (var u = 0; u < units; u += V.Count)
                    Units<V, C, T>(cell, row + r, j + u, Math.Min(V.Count, units - u),
                        products is null ? null : products + r * next + u, width);
        }

        /// <summary>
        /// The products of a gate and the next, if there is one, for two registers of units, in tiles. The order in which they are summed
        /// depends on the depth alone. What the cell will touch comes into the cache meanwhile, a few lines for each tile.
        /// </summary>
        void Product<V>(int row, int rows, int j, T* panel, T* products, int next, int gate) where V : struct, ISimd<V, T>
        {
            int width = 2 * V.Count, most = MatMul.TileRows<T, V>(), tiles = (rows + most - 1) / most;
            int blocks = (depth + MaxDepth - 1) / MaxDepth, pairs = (gates + 1) / 2;
            for (int block = 0, k = 0; block < blocks; block++, k += MaxDepth)
                for (int tile = 0, r = 0; tile < tiles; tile++)
                {
                    var count = MatMul.Share(rows - r, tile, tiles);
                    Prefetch(row + r, count, j, gate / 2 * blocks + block, pairs * blocks);
                    var sums = products + r * next;
                    MatMul.Tile<T, V>(count, gate + 1 < gates, Math.Min(MaxDepth, depth - k), a.Pointer + (long)(row + r) * depth + k,
                        depth, 1, panel + (nint)k * width, width, (nint)depth * width, sums, next, block == 0 ? null : sums, next);
                    r += count;
                }
        }

        /// <summary>Part number <paramref name="part"/> of the arrays that the cell touches.</summary>
        void Prefetch(int row, int rows, int j, int part, int parts)
        {
            ref C itself = ref Unsafe.AsRef(in cell);
            var all = itself.Arrays;
            for (var i = all * part / parts; i < all * (part + 1) / parts; i++)
            {
                var (start, next) = itself.Array(i);
                MatMul.Prefetch((T*)start + (nint)row * next + j, next, rows);
            }
        }
    }

    /// <summary>The cell alone, for whole rows.</summary>
    internal static void WholeRows<V, C, T>(in C cell, int from, int to, int hidden)
        where V : struct, ISimd<V, T> where C : struct, ICell<T> where T : unmanaged
    {
        for (var row = from; row < to; row++)
            for (var j = 0; j < hidden; j += V.Count) Units<V, C, T>(cell, row, j, Math.Min(V.Count, hidden - j), null, 0);
    }

    /// <summary>Numbers in memory, as many as a register holds or the <paramref name="count"/> of a row's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Load<V, S, T>(T* x, int count) where V : struct, ISimd<V, T> where S : struct, ISize where T : unmanaged =>
        S.Whole ? V.Load(new(x, V.Count), 0) : V.LoadPart(new(x, count), 0, count, default);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store<V, S, T>(V v, T* x, int count) where V : struct, ISimd<V, T> where S : struct, ISize where T : unmanaged
    {
        if (S.Whole) V.Store(v, new(x, V.Count), 0);
        else V.StorePart(v, new(x, count), 0, count);
    }

    /// <summary>Units j, …, j + count − 1 of a row.</summary>
    static void Units<V, C, T>(in C cell, int row, int j, int count, T* products, int next)
        where V : struct, ISimd<V, T> where C : struct, ICell<T> where T : unmanaged
    {
        ref C itself = ref Unsafe.AsRef(in cell);       // which a call through an interface would copy
        if (count == V.Count) itself.Units<V, Full>(row, j, count, products, next);
        else itself.Units<V, Part>(row, j, count, products, next);
    }

    readonly struct Full : ISize { public static bool Whole => true; }
    readonly struct Part : ISize { public static bool Whole => false; }
}
