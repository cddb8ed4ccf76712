namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// The determinant of the last two axes: (…, n, n) → (…); 1 of nothing. By elimination with the largest number left as the pivot:
    /// <code>det [p bᵀ; c D] = p det(D − c bᵀ/p)</code>
    /// A matrix of rank n − 1, whose last pivot is 0, has its gradient (the cofactors) like any other, as nothing is divided by that; the
    /// second derivative of one of lower rank is not that of its minors.
    /// </summary>
    public Tensor Det()
    {
        CheckFloat("Det");
        if (Rank < 2 || Shape[^1] != Shape[^2]) throw new ArgumentException($"Det: {Shape} is not (…, n, n)");
        Shape lead = Shape[..^2];
        int n = Shape[^1];
        var left = Reshape(lead.Count, n, n);
        var det = Ones([lead.Count], DType, Device);
        for (int m = n; m > 0 && lead.Count > 0; m--)
        {
            var row = left.Detach().Abs().Max(2).ArgMax(1, keep: true);                                     // (b, 1)
            (left, var swappedRows) = left.Swapped(1, row);
            var column = left.Detach().Select(1, 0).Abs().ArgMax(1, keep: true);
            (left, var swappedColumns) = left.Swapped(2, column);

            var pivot = left.Slice(1, 0, 1).Slice(2, 0, 1);                                                 // (b, 1, 1)
            det *= Where(swappedRows ^ swappedColumns, -pivot, pivot).Reshape(lead.Count);
            Tensor b = left.Slice(1, 0, 1).Slice(2, 1, m - 1), c = left.Slice(1, 1, m - 1).Slice(2, 0, 1);
            left = left.Slice(1, 1, m - 1).Slice(2, 1, m - 1) - c * (b / pivot.MaskedFill(pivot.EqualTo(0), 1));
        }
        return det.Reshape(lead.Sizes);
    }

    // (b, m, m) with the first row (axis 1) or column (axis 2) and the one at places (b, 1) exchanged; and whether they are two (b, 1, 1).
    (Tensor Swapped, Tensor Two) Swapped(int axis, Tensor at)
    {
        int m = Shape[1];
        var (places, first) = (Arange(m, DType.I32, Device), Full([], 0, DType.I32, Device));
        var order = Where(places.EqualTo(0), at, Where(places.EqualTo(at), first, places));                 // (b, m)
        return (TakeAlong(axis, order.Unsqueeze(axis == 1 ? 2 : 1).Expand(Shape.Sizes)), at.NotEqualTo(0).Unsqueeze(2));
    }

    static Case[] DetCases =>
    [
        Case.Of(x => x.Det(), [2, 3, 3]) with { Bench = [[64, 8, 8]] },
        Case.Of(x => x.Det(), [4, 4]),
        Case.Of(x => x.Det(), [3, 1, 1]),
    ];
}
