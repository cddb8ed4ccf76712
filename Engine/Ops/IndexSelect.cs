using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// The slices along an axis that the indices (…) I32 name, in their order; negative ones count from the end. The axis becomes the
    /// indices' axes: (…, n, …) → (…, …, …). Of any type.
    /// </summary>
    public Tensor IndexSelect(int axis, Tensor indices)
    {
        int a = Shape.Axis(axis), n = Shape[a], outer = Shape[..a].Count, inner = Shape[(a + 1)..].Count;
        var at = Positions("IndexSelect", [outer, indices.Count], Device, (Along(outer, 0, 2, Device), outer, n), (indices.Reshape(1, -1), n, 1));
        return Reshape(outer * n, inner).Gather(at).Reshape([.. Shape.Sizes[..a], .. indices.Shape.Sizes, .. Shape.Sizes[(a + 1)..]]);
    }

    // the same for indices that are known here
    Tensor Reindex(int axis, int[] indices) => IndexSelect(axis, From(indices, [indices.Length], Device));

    /// <summary>The numbers along the given axes in reverse order; along all, if none is given.</summary>
    public Tensor Flip(params ReadOnlySpan<int> axes)
    {
        Kept(axes);
        var y = this;
        foreach (int axis in axes.Length == 0 ? AllAxes() : axes)
        {
            var backwards = new int[Shape[Shape.Axis(axis)]];
            for (int i = 0; i < backwards.Length; i++) backwards[i] = backwards.Length - 1 - i;
            y = y.Reindex(axis, backwards);
        }
        return y;
    }

    static Case[] IndexSelectCases =>
    [
        Case.Of((x, i) => x.IndexSelect(1, i), [2, 5, 3], Input.Indices(5, [4]) with { Low = -5 }),
        Case.Of((x, i) => x.IndexSelect(-1, i), [2, 4], Input.Indices(4, [2, 3]))
            with { Bench = [[256, 1024], Input.Indices(1024, [1024])] },
        Case.Of(x => x.Flip(0), [4, 3]),
        Case.Of(x => x.Flip(), [2, 3, 5]),
        Case.Of(x => x.Flip(-1, 0), [2, 3, 4]) with { Bench = [[64, 64, 64]] },
    ];
}
