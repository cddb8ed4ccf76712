namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// What the index tuples along the last axis name: indices (b…, q…, k) I32 → (b…, q…, other axes …), each tuple standing for k axes
    /// behind the first <paramref name="batch"/> ones, which indices and this share. Negative indices count from the end. Of any type.
    /// </summary>
    public Tensor GatherNd(Tensor indices, int batch = 0)
    {
        var (at, n) = TuplePositions("GatherNd", indices, batch);
        int named = batch + indices.Shape[^1];
        return Reshape(Shape[..named].Count, n).Gather(at).Reshape([.. at.Shape.Sizes, .. Shape.Sizes[named..]]);
    }

    /// <summary>
    /// This with a source (q…, other axes …) put where the index tuples along the last axis of indices (q…, k) name: the reverse of
    /// <see cref="GatherNd"/>.
    /// </summary>
    public Tensor ScatterNd(Tensor indices, Tensor source, ScatterReduction how = ScatterReduction.None)
    {
        CheckPair(this, source, "ScatterNd");
        var (at, n) = TuplePositions("ScatterNd", indices, 0);
        Shape wanted = [.. at.Shape.Sizes, .. Shape.Sizes[indices.Shape[^1]..]];
        if (source.Shape != wanted)
            throw new ArgumentException($"ScatterNd: the source {source.Shape} for indices {indices.Shape} into {Shape} must be {wanted}");
        return PutRows(at.Reshape(at.Count), source, n, how);
    }

    // Which rows, of the numbers behind the axes that the tuples name, the tuples stand for.
    (Tensor At, int RowSize) TuplePositions(string op, Tensor indices, int batch)
    {
        int k = indices.Rank == 0 ? Rank + 1 : indices.Shape[^1], q = indices.Rank - 1;
        if (batch < 0 || batch > q || batch + k > Rank || indices.Shape[..batch] != Shape[..batch])
            throw new ArgumentException($"{op}: indices {indices.Shape} into {Shape} with {batch} shared axes: the last axis must name at most the {Rank - batch} other axes, and the shared ones must be the same");
        int n = Shape[(batch + k)..].Count, stride = 1;
        var terms = new (Tensor, int, int)[batch + k];
        for (int i = batch + k - 1; i >= 0; i--)
        {
            terms[i] = (i < batch ? Along(Shape[i], i, q, Device) : indices.Select(-1, i - batch), Shape[i], stride);
            stride *= Shape[i];
        }
        return (Positions(op, indices.Shape[..^1], Device, terms), n);
    }

    static Case[] GatherNdCases =>
    [
        Case.Of((x, i) => x.GatherNd(i), [3, 3, 2], Input.Indices(3, [4, 2]) with { Low = -3 }),
        Case.Of((x, i) => x.GatherNd(i, batch: 1), [2, 3, 4], Input.Indices(3, [2, 5, 1])),
        Case.Of((x, i, v) => x.ScatterNd(i, v), [3, 3, 2], Input.Indices(3, [4, 2]), [4, 2]),
        Case.Of((x, i, v) => x.ScatterNd(i, v, ScatterReduction.Sum), [4, 3], Input.Indices(4, [2, 3, 1]), [2, 3, 3]),
    ];
}
