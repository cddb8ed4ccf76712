namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>The cross product of vectors in space, which lie along an axis of size 3; the other axes are stretched: yᵢ = aᵢ₊₁ bᵢ₊₂ − aᵢ₊₂ bᵢ₊₁.</summary>
    public Tensor Cross(Tensor b, int axis = -1)
    {
        int i = Shape.Axis(axis), j = b.Shape.Axis(axis < 0 ? axis : axis + b.Rank - Rank);
        if (Shape[i] != 3 || b.Shape[j] != 3) throw new ArgumentException($"Cross: {Shape} × {b.Shape}: axis {axis} must have the size 3 in both");
        return Roll(-1, i) * b.Roll(1, j) - Roll(1, i) * b.Roll(-1, j);
    }

    static Case[] CrossCases =>
    [
        Case.Of((a, b) => a.Cross(b), [2, 3], [4, 1, 3]),
        Case.Of((a, b) => a.Cross(b, 0), [3, 2], [3, 2]),
    ];
}
