namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>Differences of neighbours along an axis, xᵢ₊₁ − xᵢ: one number fewer; of a higher order, the differences of those, and so on.</summary>
    public Tensor Diff(int axis = -1, int order = 1)
    {
        if (order < 0) throw new ArgumentOutOfRangeException(nameof(order), $"Diff: the order {order} is negative");
        int a = Shape.Axis(axis);
        var y = this;
        for (int left = Math.Min(order, Shape[a]); left > 0; left--)
        {
            int n = y.Shape[a] - 1;
            y = y.Slice(a, 1, n) - y.Slice(a, 0, n);
        }
        return y;
    }

    static Case[] DiffCases =>
    [
        Case.Of(x => x.Diff(), [2, 5]),
        Case.Of(x => x.Diff(0, order: 2), [4, 3]),
    ];
}
