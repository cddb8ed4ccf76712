namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// How far apart, in numbers, the batches, heads and rows of a (batch, heads, rows, size) operand lie; a row's numbers are neighbours.
/// Stride 0 is a broadcast.
/// </summary>
public readonly record struct AttentionStrides(int Batch, int Head, int Row)
{
    /// <summary>The strides of an operand without gaps.</summary>
    public static AttentionStrides Dense(int heads, int rows, int size) => new(heads * rows * size, rows * size, size);

    internal long At(int batch, int head) => (long)batch * Batch + (long)head * Head;
}

/// <summary>The strides of a mask or bias (batch, heads, queries, keys); stride 0 is a broadcast.</summary>
public readonly record struct AttentionMaskStrides(int Batch, int Head, int Query, int Key)
{
    internal long At(int batch, int head, int query, int key) =>
        (long)batch * Batch + (long)head * Head + (long)query * Query + (long)key * Key;
}

/// <summary>
/// The sizes of an attention: q is (Batch, Heads, Queries, HeadDim), k (Batch, Heads, Keys, HeadDim), v (Batch, Heads, Keys, ValueDim),
/// y (Batch, Heads, Queries, ValueDim), the mask and the bias (Batch, Heads, Queries, Keys). With <paramref name="Causal"/>, query i sees
/// keys j ≤ i. With <paramref name="Dropout"/> p &gt; 0, weight n of the whole, in row-major order, is dropped where the uniform number
/// Offset + n of the seed is below p, and the others are divided by 1 − p.
/// </summary>
public readonly record struct AttentionShape(int Batch, int Heads, int Queries, int Keys, int HeadDim, int ValueDim,
    AttentionStrides Q, AttentionStrides K, AttentionStrides V, AttentionStrides Y, AttentionMaskStrides Mask, AttentionMaskStrides Bias,
    double Scale, bool Causal, double Dropout = 0, ulong Seed = 0, ulong Offset = 0)
{
    /// <summary>The strides of dy, dq, dk and dv, which need not be those of y, q, k and v; dense unless said otherwise.</summary>
    public AttentionStrides DY { get; init; } = AttentionStrides.Dense(Heads, Queries, ValueDim);
    public AttentionStrides DQ { get; init; } = AttentionStrides.Dense(Heads, Queries, HeadDim);
    public AttentionStrides DK { get; init; } = AttentionStrides.Dense(Heads, Keys, HeadDim);
    public AttentionStrides DV { get; init; } = AttentionStrides.Dense(Heads, Keys, ValueDim);

    /// <summary>How many keys the first <paramref name="queries"/> queries may see.</summary>
    internal int KeysSeen(int queries) => Causal ? Math.Min(Keys, queries) : Keys;

    /// <summary>How many of the <paramref name="keys"/> keys from <paramref name="key"/> on a query may see.</summary>
    internal int Seen(int query, int key, int keys) => Causal ? Math.Clamp(query + 1 - key, 0, keys) : keys;

    /// <summary>The first query that may see a key.</summary>
    internal int FirstSeeing(int key) => Causal ? key : 0;

    internal (int Batch, int Head) Place(int head) => Math.DivRem(head, Heads);
}

/// <summary>
/// Scaled dot-product attention, y = softmax(scale · q kᵀ + bias) v (Vaswani et al., Attention is all you need, 2017, §3.2.1), without ever
/// holding all the scores: a block of queries meets the keys block by block, and its softmax is corrected as larger scores turn up
/// (Milakov and Gimelshein, Online normalizer calculation for softmax, 2018; Dao et al., FlashAttention, 2022). A query that may see
/// nothing answers 0, with log-sum-exp −∞. The block sizes are fixed, so the bits of a result do not depend on the number of workers.
/// </summary>
public static unsafe partial class Attention
{
    /// <summary>The most queries of a block. Its scores stay in the nearest caches.</summary>
    const int QueryBlock = 64;

    /// <summary>The keys of a block: a multiple of two registers of any width.</summary>
    const int KeyBlock = 128;

    /// <summary>
    /// The distance between the rows of a block of scores: not a power of two, which would crowd them into one set of the cache.
    /// </summary>
    const int ScoreRow = KeyBlock + 16;

    /// <summary>How many blocks the queries are cut into, evenly.</summary>
    static int QueryBlocks(AttentionShape s) => (s.Queries + QueryBlock - 1) / QueryBlock;

    /// <summary>The first query of a block, and how many it has.</summary>
    static (int Row, int Rows) Queries(AttentionShape s, int block)
    {
        var blocks = QueryBlocks(s);
        var row = (int)((long)s.Queries * block / blocks);
        return (row, (int)((long)s.Queries * (block + 1) / blocks) - row);
    }

    /// <summary>
    /// How many strips a block's rows are cut into, evenly: of a tile's height where the diagonal ends each sooner, or else one.
    /// </summary>
    static int Strips<V, T>(AttentionShape s, int rows) where V : struct where T : unmanaged =>
        s.Causal ? (rows + MatMul.TileRows<T, V>() - 1) / MatMul.TileRows<T, V>() : 1;

    /// <summary>A strip's first row in its block, and how many it has.</summary>
    static (int First, int Count) Strip(int rows, int strip, int strips)
    {
        var first = rows * strip / strips;
        return (first, rows * (strip + 1) / strips - first);
    }

    /// <summary>
    /// A right operand in panels of two registers of columns: the first one, and how far apart their rows and they themselves lie.
    /// </summary>
    readonly record struct Panels<T>(nint First, nint Row, nint Next) where T : unmanaged
    {
        /// <summary>
        /// The panels of x (rows, columns): where they lie if they are whole, or else packed into <paramref name="memory"/>.
        /// </summary>
        public static Panels<T> Of<V>(T* x, int row, int rows, int columns, T* memory) where V : struct, ISimd<V, T>
        {
            var width = 2 * V.Count;
            if (columns % width == 0) return new((nint)x, row, width);
            MatMul.PackPanels<T, V>(x, row, 1, rows, columns, memory);
            return new((nint)memory, width, (nint)rows * width);
        }

        public T* At(int panel, int row) => (T*)First + panel * Next + row * Row;
    }

    static int RoundUp(int size, int unit) => (size + unit - 1) / unit * unit;
}
