namespace NanoAttention;

/// <summary>What becomes of numbers that are put in the same place.</summary>
public enum ScatterReduction
{
    /// <summary>The last one stays.</summary>
    None,
    /// <summary>They are added to what is there.</summary>
    Sum,
    /// <summary>They are multiplied with what is there.</summary>
    Product,
    /// <summary>The largest of them and what is there; ties share the gradient.</summary>
    Max,
    /// <summary>The smallest of them and what is there; ties share the gradient.</summary>
    Min,
    /// <summary>The mean of them and what is there.</summary>
    Mean,
}

public sealed partial class Tensor
{
    /// <summary>
    /// This with y[…, index[…, j, …], …] = source[…, j, …] along an axis: the reverse of <see cref="TakeAlong"/>. The source has at least
    /// the indices' sizes; negative indices count from the end. Indices may be equal: <paramref name="how"/> says what becomes of their
    /// numbers, in the order of their places; without <paramref name="self"/> what is there does not count where something is put.
    /// </summary>
    public Tensor Scatter(int axis, Tensor indices, Tensor source, ScatterReduction how = ScatterReduction.None, bool self = true)
    {
        CheckPair(this, source, "Scatter");
        var at = AlongPositions("Scatter", axis, indices);
        if (source.Rank != Rank) throw new ArgumentException($"Scatter: the source {source.Shape} does not have the rank of {Shape}");
        for (int i = 0; i < Rank; i++)
        {
            if (source.Shape[i] < indices.Shape[i])
                throw new ArgumentException($"Scatter: the source {source.Shape} is smaller than the indices {indices.Shape}");
            source = source.Slice(i, 0, indices.Shape[i]);
        }
        return Put(at, source, how, self);
    }

    /// <summary>This with one value where the indices point along an axis.</summary>
    public Tensor Scatter(int axis, Tensor indices, double value) => Scatter(axis, indices, Constant(value).Expand(indices.Shape.Sizes));

    /// <summary>
    /// This with the slices of a source added (times alpha) to those along an axis that the indices (m) I32 name: the transpose of
    /// <see cref="IndexSelect"/>.
    /// </summary>
    public Tensor IndexAdd(int axis, Tensor indices, Tensor source, double alpha = 1) =>
        IndexPut(axis, indices, alpha == 1 ? source : source * alpha, ScatterReduction.Sum);

    /// <summary>This with the slices of a source put in place of those along an axis that the indices (m) I32 name.</summary>
    public Tensor IndexPut(int axis, Tensor indices, Tensor source, ScatterReduction how = ScatterReduction.None, bool self = true)
    {
        CheckPair(this, source, "IndexPut");
        int a = Shape.Axis(axis), n = Shape[a], outer = Shape[..a].Count, inner = Shape[(a + 1)..].Count;
        if (indices.Rank != 1) throw new ArgumentException($"IndexPut: indices {indices.Shape}; they must be a vector");
        var at = Positions("IndexPut", [outer, indices.Count], Device, (Along(outer, 0, 2, Device), outer, n), (indices, n, 1));
        return PutRows(at.Reshape(at.Count), source.Expand(Shape.With(a, indices.Count).Sizes), inner, how, self);
    }

    // numbers at positions
    Tensor Put(Tensor at, Tensor source, ScatterReduction how, bool self = true) => PutRows(at.Reshape(at.Count), source, 1, how, self);

    // Rows of n numbers at the positions (m), in this read as (rows, n). All is composed of picking rows.
    Tensor PutRows(Tensor at, Tensor source, int n, ScatterReduction how, bool self = true)
    {
        if (how != ScatterReduction.None) CheckFloat("Scatter");
        if (at.Count == 0 || Count == 0) return this;
        Tensor table = Reshape(Count / n, n), rows = source.Reshape(at.Count, n);
        int count = table.Shape[0];
        return (how switch
        {
            ScatterReduction.None => Latest(),
            ScatterReduction.Sum => Left() + ScatterAdd(rows, at, table.Shape, null),
            ScatterReduction.Mean => (Left() + ScatterAdd(rows, at, table.Shape, null)) / Number(),
            ScatterReduction.Product => Grouped((x, there) => Where(there, x, x.Constant(1)).Prod(1)),
            ScatterReduction.Max => Grouped((x, there) => Shared(x, there, double.NegativeInfinity, z => z.Max(1))),
            _ => Grouped((x, there) => Shared(x, there, double.PositiveInfinity, z => z.Min(1))),
        }).Reshape(Shape.Sizes);

        Tensor Latest()
        {
            var last = Last(at, count);
            return Where((last < 0).Unsqueeze(1), table, rows.IndexSelect(0, last));
        }

        Tensor Left() => self ? table : table.MaskedFill((Last(at, count) >= 0).Unsqueeze(1), 0);

        // how many numbers come together in each row, at least 1
        Tensor Number()
        {
            var put = ScatterAdd(Ones([at.Count, 1], DType, Device), at, [count, 1], null);
            return self ? put + 1 : put.Clamp(low: 1);
        }

        // The numbers that meet in a row are gathered beside each other, rows · the largest such number, and folded where there are any.
        Tensor Grouped(Func<Tensor, Tensor, Tensor> fold)
        {
            var (targets, members) = Groups(at.ToArray<int>());
            var (to, from) = (From(targets, [targets.Length], Device), From(members, [targets.Length, members.Length / targets.Length], Device));
            var (group, there) = (rows.IndexSelect(0, from), (from >= 0).Unsqueeze(-1));
            if (self) (group, there) = (Concat([table.IndexSelect(0, to).Unsqueeze(1), group], 1), there.Pad(1, 1, 0, value: 1));
            return table.PutRows(to, fold(group, there), n, ScatterReduction.None);
        }
    }

    // An extreme along axis 1 of what is there; ties share the gradient.
    static Tensor Shared(Tensor x, Tensor there, double nothing, Func<Tensor, Tensor> extreme)
    {
        var seen = x.Detach().MaskedFill(!there, nothing);
        var y = extreme(seen);
        var hits = (seen.EqualTo(y.Unsqueeze(1)) & there).To(x.DType);
        return Reverse.Record(y, [(x, dy => hits * (dy / hits.Sum(1)).Unsqueeze(1))], "Scatter");
    }

    // The distinct numbers, and for each the places where it stands, filled up with −1.
    static (int[] Numbers, int[] Places) Groups(int[] at)
    {
        var groups = at.Index().GroupBy(p => p.Item, p => p.Index).ToArray();
        int longest = groups.Max(g => g.Count());
        return ([.. groups.Select(g => g.Key)], [.. groups.SelectMany(g => g.Concat(Enumerable.Repeat(-1, longest - g.Count())))]);
    }

    static Case[] ScatterCases =>
    [
        Case.Of((x, i, v) => x.Scatter(1, i, v), [2, 4, 3], Input.Indices(4, [2, 3, 2]) with { Low = -4 }, [2, 3, 3]),
        Case.Of((x, i) => x.Scatter(0, i, -3.0), [3, 4], Input.Indices(3, [2, 4])),
        Case.Of((x, i, v) => x.Scatter(0, i, v, ScatterReduction.Sum), [3, 4], Input.Indices(3, [5, 4]), [5, 4])
            with { Bench = [[512, 512], Input.Indices(512, [512, 512]), [512, 512]] },
        Case.Of((x, i, v) => x.Scatter(1, i, v, ScatterReduction.Product), [2, 3], Input.Indices(3, [2, 5]), [2, 5]),
        Case.Of((x, i, v) => x.Scatter(1, i, v, ScatterReduction.Max, self: false), [2, 3], Input.Indices(3, [2, 5]), [2, 5]),
        Case.Of((x, i, v) => x.Scatter(0, i, Concat([v, v]), ScatterReduction.Max, self: false), [2, 3], Input.Indices(1, [4, 3]), [2, 3]),
        Case.Of((x, i, v) => x.Scatter(1, i, v, ScatterReduction.Min), [2, 3], Input.Indices(3, [2, 5]), [2, 5]),
        Case.Of((x, i, v) => x.Scatter(1, i, v, ScatterReduction.Mean, self: false), [2, 3], Input.Indices(3, [2, 5]), [2, 5]),
        Case.Of((x, i, v) => x.IndexPut(1, i, v), [2, 4, 3], Input.Indices(4, [3]), [2, 3, 3]),
        Case.Of((x, i, v) => x.IndexAdd(1, i, v, 0.5), [2, 4, 3], Input.Indices(4, [5]), [2, 5, 3]),
    ];
}
