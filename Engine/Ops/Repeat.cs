namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// The whole repeated as a tile that many times along each axis; counts are aligned at the last axis, and more of them add axes in
    /// front.
    /// </summary>
    public Tensor Tile(params ReadOnlySpan<int> counts)
    {
        int rank = Math.Max(Rank, counts.Length);
        var y = this;
        while (y.Rank < rank) y = y.Unsqueeze(0);
        for (int i = 1; i <= counts.Length; i++)
        {
            int a = rank - i, n = y.Shape[a];
            if (counts[^i] < 0) throw new ArgumentException($"Tile: the count {counts[^i]} for axis {a} is negative");
            if (counts[^i] == 1) continue;
            y = y.Unsqueeze(a).Expand(y.Shape.Insert(a, counts[^i]).Sizes).Reshape(y.Shape.With(a, checked(n * counts[^i])).Sizes);
        }
        return y;
    }

    /// <summary>Every slice of an axis that many times in a row.</summary>
    public Tensor RepeatInterleave(int count, int axis)
    {
        int a = Shape.Axis(axis);
        if (count < 0) throw new ArgumentOutOfRangeException(nameof(count), $"RepeatInterleave: the count {count} is negative");
        return Unsqueeze(a + 1).Expand(Shape.Insert(a + 1, count).Sizes).Reshape(Shape.With(a, checked(Shape[a] * count)).Sizes);
    }

    /// <summary>The i-th slice of an axis counts[i] times in a row: counts (n) I32. Waits for the device.</summary>
    public Tensor RepeatInterleave(Tensor counts, int axis)
    {
        int a = Shape.Axis(axis);
        if (counts.Shape != [Shape[a]] || counts.DType != DType.I32)
            throw new ArgumentException($"RepeatInterleave: counts {counts.Shape} ({counts.DType}) for axis {axis} of {Shape}: they must be {Shape[a]} numbers, I32");
        int[] each = counts.ToArray<int>();
        var from = new List<int>();
        for (int i = 0; i < each.Length; i++)
        {
            if (each[i] < 0) throw new ArgumentException($"RepeatInterleave: the count {each[i]} at {i} is negative");
            from.AddRange(Enumerable.Repeat(i, each[i]));
        }
        return Reindex(a, [.. from]);
    }

    /// <summary>The numbers along an axis moved on by so many places; what leaves at one end comes in at the other.</summary>
    public Tensor Roll(int by, int axis)
    {
        int a = Shape.Axis(axis), n = Shape[a];
        int shift = n == 0 ? 0 : (by % n + n) % n;
        return shift == 0 ? this : Concat([Slice(a, n - shift, shift), Slice(a, 0, n - shift)], a);
    }

    /// <summary>Each of some vectors stretched over the grid that they span: (n₁), (n₂), … → as many of (n₁, n₂, …). Views.</summary>
    public static Tensor[] MeshGrid(params ReadOnlySpan<Tensor> vectors)
    {
        var sizes = new int[vectors.Length];
        for (int i = 0; i < sizes.Length; i++)
            sizes[i] = vectors[i].Rank < 2 ? vectors[i].Count : throw new ArgumentException($"MeshGrid: {vectors[i].Shape} is no vector");
        var grids = new Tensor[vectors.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            var along = new int[sizes.Length];
            Array.Fill(along, 1);
            along[i] = sizes[i];
            grids[i] = vectors[i].Reshape(along).Expand(sizes);
        }
        return grids;
    }

    static Case[] RepeatCases =>
    [
        Case.Of(x => x.Tile(2, 1, 3), [2, 3]),
        Case.Of(x => x.Tile(2), [2, 3]),
        Case.Of(x => x.RepeatInterleave(3, 1), [2, 2, 3]),
        Case.Of((x, n) => x.RepeatInterleave(n, 0), [4, 2], Input.Indices(3, [4])),
        Case.Of(x => x.Roll(2, 1), [2, 5, 3]),
        Case.Of(x => x.Roll(-1, 0), [3, 2]),
        Case.Of((a, b) => MeshGrid(a, b)[0] * MeshGrid(a, b)[1], [3], [4]),
    ];
}
