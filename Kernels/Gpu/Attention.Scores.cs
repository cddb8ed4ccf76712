using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// What makes scores of products q kᵀ, and what drops weights: <see cref="Cpu.AttentionShape"/> without its operands. Queries and keys are
/// counted in one head, which is <see cref="Of(int)"/>.
/// </summary>
/// <param name="mask">1 where a query may see a key, 0 where not; empty for none.</param>
/// <param name="bias">Added to the scores; empty for none.</param>
public struct AttentionScores(Cpu.AttentionShape shape, ArrayView<byte> mask, ArrayView<float> bias)
{
    int maskAt = 0, biasAt = 0;         // where the head begins in them
    ulong offset = shape.Offset;        // and in the random numbers
    readonly ArrayView<byte> mask = mask;
    readonly ArrayView<float> bias = bias;
    readonly ulong seed = shape.Seed;
    readonly float kept = (float)(1 / (1 - shape.Dropout));
    readonly int heads = shape.Heads, causal = shape.Causal ? 1 : 0, least = (int)Math.Ceiling(shape.Dropout * (1 << 24));
    readonly int maskBatch = shape.Mask.Batch, maskHead = shape.Mask.Head, maskQuery = shape.Mask.Query, maskKey = shape.Mask.Key;
    readonly int biasBatch = shape.Bias.Batch, biasHead = shape.Bias.Head, biasQuery = shape.Bias.Query, biasKey = shape.Bias.Key;

    public readonly int Queries = shape.Queries, Keys = shape.Keys;
    public readonly float Scale = shape.HeadDim == 0 ? 0 : (float)shape.Scale;     // where 1/√d is no number

    /// <summary>Whether weights are dropped.</summary>
    public readonly bool Drops => least > 0;

    /// <summary>How many keys the first so many queries may see.</summary>
    public readonly int KeysSeen(int queries) => causal != 0 ? Math.Min(Keys, queries) : Keys;

    /// <summary>The first query that may see a key.</summary>
    public readonly int FirstSeeing(int key) => causal != 0 ? key : 0;

    /// <summary>Those of one head of the whole batch.</summary>
    public readonly AttentionScores Of(int number)
    {
        int batch = number / heads, head = number - batch * heads;
        var one = this;
        one.maskAt = batch * maskBatch + head * maskHead;
        one.biasAt = batch * biasBatch + head * biasHead;
        one.offset = offset + (ulong)number * (ulong)Queries * (ulong)Keys;
        return one;
    }

    /// <summary>
    /// scale · product + bias; −∞ where the query may not see the key, or where there is no such query or key.
    /// </summary>
    public readonly float Of(float product, int query, int key)
    {
        float score = product * Scale;
        if (query >= Queries || key >= Keys || (causal != 0 && key > query)) return float.NegativeInfinity;
        if (bias.Length > 0) score += bias[biasAt + query * biasQuery + key * biasKey];
        if (mask.Length == 0) return score;
        return Utilities.Select(mask[maskAt + query * maskQuery + key * maskKey] != 0, score, float.NegativeInfinity);
    }

    /// <summary>The scores of eight queries and four keys.</summary>
    public readonly Tile ByQuery(Tile products, int query, int key)
    {
        if (ArePlain(query, 8, key, 4)) return products * new F8(Scale);
        for (int i = 0; i < 8; i++, query++)
        {
            var p = products.Row(i);
            F4 row = new(Of(p.X, query, key), Of(p.Y, query, key + 1), Of(p.Z, query, key + 2), Of(p.W, query, key + 3));
            products = products.WithRow(i, row);
        }
        return products;
    }

    /// <summary>The scores of eight keys and four queries.</summary>
    public readonly Tile ByKey(Tile products, int query, int key)
    {
        if (ArePlain(query, 4, key, 8)) return products * new F8(Scale);
        for (int i = 0; i < 8; i++, key++)
        {
            var p = products.Row(i);
            F4 row = new(Of(p.X, query, key), Of(p.Y, query + 1, key), Of(p.Z, query + 2, key), Of(p.W, query + 3, key));
            products = products.WithRow(i, row);
        }
        return products;
    }

    // whether the scores of so many queries and keys, from these on, are their products times the scale and nothing else
    readonly bool ArePlain(int query, int queries, int key, int keys) => bias.Length == 0 && mask.Length == 0
        && query + queries <= Queries && key + keys <= Keys && (causal == 0 || key + keys <= query + 1);

    /// <summary>The weights of eight queries and four keys, or their slopes, after dropout.</summary>
    public readonly Tile Drop(Tile weights, int query, int key)
    {
        for (int i = 0; i < 8 && least > 0; i++)
        {
            F4 row = weights.Row(i), kept = Kept(query + i, key);
            weights = weights.WithRow(i, new(row.X * kept.X, row.Y * kept.Y, row.Z * kept.Z, row.W * kept.W));
        }
        return weights;
    }

    /// <summary>What dropout multiplies a query's weights of eight keys by.</summary>
    public readonly F8 KeptOfEight(int query, int key) => new(Kept(query, key), Kept(query, key + 4));

    // of four keys, with the CPU's bits: a call of Philox makes four
    readonly F4 Kept(int query, int key)
    {
        ulong first = offset + (ulong)query * (ulong)Keys + (ulong)key;
        int lead = (int)(first & 3);
        Philox.Words words = Philox.Bits(seed, first >> 2), next = lead == 0 ? words : Philox.Bits(seed, (first >> 2) + 1);
        return new(Factor(words, next, lead), Factor(words, next, lead + 1), Factor(words, next, lead + 2), Factor(words, next, lead + 3));
    }

    readonly float Factor(Philox.Words words, Philox.Words next, int i) =>
        Utilities.Select((int)((i < 4 ? words.At(i) : next.At(i - 4)) >> 8) >= least, kept, 0);
}
