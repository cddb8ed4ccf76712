namespace NanoAttention;

/// <summary>
/// How well a query and a key agree, before the softmax: the part in which most kinds of attention differ.
/// Shapes: queries (b, t, query size), keys (b, s, key size) → scores (b, t, s).
/// </summary>
public abstract class Score : Module
{
    public abstract Tensor Forward(Tensor queries, Tensor keys);

    /// <summary>d of queries (b, t, d) and keys (b, s, d).</summary>
    private protected int CommonSize(Tensor queries, Tensor keys)
    {
        int size = queries.Rank == 3 ? queries.Shape[2] : keys.Rank == 3 ? keys.Shape[2] : 0;
        Check(queries, keys, size, size);
        return size;
    }

    private protected void Check(Tensor queries, Tensor keys, int querySize, int keySize)
    {
        if (queries.Rank != 3 || keys.Rank != 3 || queries.Shape[0] != keys.Shape[0]
            || queries.Shape[2] != querySize || keys.Shape[2] != keySize)
            throw new ArgumentException(
                $"{GetType().Name}: queries {queries.Shape} and keys {keys.Shape} must be (b, t, {querySize}) and (b, s, {keySize})");
    }
}
