namespace NanoAttention;

/// <summary>What a bag of rows becomes.</summary>
public enum Bag { Sum, Mean, Max }

public sealed partial class Tensor
{
    /// <summary>
    /// Bags of rows of a table (rows, n), each made one row: (bags, n). Indices (bags, size) I32; or (count) with offsets (bags) I32, where
    /// each bag begins. Sums may be weighted (the indices' shape); the row <paramref name="padding"/> does not count. Nothing is 0.
    /// With offsets it waits for the device.
    /// </summary>
    public Tensor GatherBags(Tensor indices, Bag bag = Bag.Mean, Tensor? offsets = null, Tensor? weights = null, int? padding = null)
    {
        if (indices.Rank != (offsets is null ? 2 : 1))
            throw new ArgumentException($"GatherBags: indices {indices.Shape} must be (bags, size) without offsets, else a vector");
        if (weights is not null && (weights.Shape != indices.Shape || bag != Bag.Sum))
            throw new ArgumentException($"GatherBags: weights {weights.Shape} must have the shape {indices.Shape} of the indices, and weigh a sum");
        Tensor? there = null;
        if (offsets is not null)
        {
            (indices, weights, there) = Bags(indices, weights, offsets);
            there = there.Unsqueeze(-1);
        }
        if (padding is { } row) there = indices.NotEqualTo(row).Unsqueeze(-1) is var other && there is null ? other : there & other;
        var rows = Gather(indices, padding);                                                            // (bags, size, n)
        if (weights is not null) rows *= weights.Unsqueeze(-1);
        if (bag == Bag.Max) return Largest(rows, there);
        var sum = (there is null ? rows : rows.MaskedFill(!there, 0)).Sum(1);
        return bag == Bag.Sum ? sum : there is null ? sum / Math.Max(1, rows.Shape[1]) : sum / there.To(DType).Sum(1).Clamp(low: 1);
    }

    // the first of equal ones takes the gradient
    static Tensor Largest(Tensor rows, Tensor? there)
    {
        if (rows.Shape[1] == 0) return rows.Sum(1);
        if (there is null) return rows.TakeAlong(1, rows.ArgMax(1, keep: true)).Squeeze(1);
        var best = rows.Detach().MaskedFill(!there, double.NegativeInfinity).ArgMax(1, keep: true);
        return rows.TakeAlong(1, best).Squeeze(1).MaskedFill(!there.Any(1), 0);
    }

    // Bags side by side, (bags, the largest size): indices, weights, and where there is one (Bool).
    static (Tensor Indices, Tensor? Weights, Tensor There) Bags(Tensor indices, Tensor? weights, Tensor offsets)
    {
        int[] starts = [.. offsets.ToArray<int>(), indices.Count];
        int bags = starts.Length - 1, longest = 0;
        for (int b = 0; b < bags; b++)
        {
            if (starts[b] > starts[b + 1] || b == 0 && starts[b] != 0)
                throw new ArgumentException($"GatherBags: the offsets ({string.Join(", ", starts[..^1])}) must rise from 0 to at most {indices.Count}");
            longest = Math.Max(longest, starts[b + 1] - starts[b]);
        }
        var (at, there) = (new int[bags * longest], new bool[bags * longest]);
        for (int b = 0; b < bags; b++)
            for (int i = starts[b]; i < starts[b + 1]; i++) (at[b * longest + i - starts[b]], there[b * longest + i - starts[b]]) = (i, true);
        var places = From(at, [bags, longest], indices.Device);
        return (indices.Take(places), weights?.Take(places), From(there, [bags, longest], indices.Device));
    }

    static Case[] GatherBagsCases =>
    [
        Case.Of((table, i) => table.GatherBags(i), [5, 3], Input.Indices(5, [2, 4])),
        Case.Of((table, i) => table.GatherBags(i, Bag.Max), [5, 3], Input.Indices(5, [2, 4])),
        Case.Of((table, i, w) => table.GatherBags(i, Bag.Sum, From([0, 3, 3], [3]), w), [5, 3], Input.Indices(5, [4]), [4]),
        Case.Of((table, i) => table.GatherBags(i, Bag.Mean, From([0, 3], [2]), padding: 0), [5, 3], Input.Indices(5, [6])),
        Case.Of((table, i) => table.GatherBags(i, Bag.Max, From([0, 3], [2]), padding: 0), [5, 3], Input.Indices(5, [6])),
    ];
}
