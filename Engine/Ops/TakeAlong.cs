namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// y[…, j, …] = x[…, index[…, j, …], …] along an axis: the indices I32 have the rank of this and the shape of the result, along other
    /// axes at most the sizes of this. Negative ones count from the end. Of any type.
    /// </summary>
    public Tensor TakeAlong(int axis, Tensor indices) => Reshape(Count).Take(AlongPositions("TakeAlong", axis, indices));

    /// <summary>
    /// The numbers at positions (…) I32 in row-major order, whatever the shape; negative ones count from the end. Of any type.
    /// </summary>
    public Tensor Take(Tensor positions)
    {
        var at = Positions("Take", positions.Shape, Device, (positions, Count, 1));
        return Reshape(Count, 1).Gather(at).Reshape(positions.Shape.Sizes);
    }

    // Where x[…, index, …] lies in row-major memory, for indices of the given shape.
    Tensor AlongPositions(string op, int axis, Tensor indices)
    {
        int a = Rank == 0 && axis is 0 or -1 ? 0 : Shape.Axis(axis, op);
        bool fits = indices.Rank == Rank;
        for (int i = 0; fits && i < Rank; i++) fits = i == a || indices.Shape[i] <= Shape[i];
        if (!fits)
            throw new ArgumentException($"{op}: indices {indices.Shape} along axis {axis} of {Shape}: the ranks must be the same, and the sizes of other axes no larger");
        if (Rank == 0) return Positions(op, indices.Shape, Device, (indices, 1, 1));
        var steps = Shape.RowMajor;
        var terms = new (Tensor, int, int)[Rank];
        for (int i = 0; i < Rank; i++)
            terms[i] = i == a ? (indices, Shape[i], steps[i]) : (Along(indices.Shape[i], i, Rank, Device), Shape[i], steps[i]);
        return Positions(op, indices.Shape, Device, terms);
    }

    static Case[] TakeAlongCases =>
    [
        Case.Of((x, i) => x.TakeAlong(1, i), [2, 3, 4], Input.Indices(3, [2, 5, 4]) with { Low = -3 }),
        Case.Of((x, i) => x.TakeAlong(0, i), [4, 3], Input.Indices(4, [2, 2]))
            with { Bench = [[512, 512], Input.Indices(512, [512, 512])] },
        Case.Of((x, i) => x.Take(i), [2, 3], Input.Indices(6, [2, 4])),
    ];
}
