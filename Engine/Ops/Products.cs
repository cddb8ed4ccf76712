namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// Kronecker's product: (…, n, …) ⊗ (…, m, …) → (…, nm, …), every number of the left times the whole right, as blocks.
    /// </summary>
    public Tensor Kron(Tensor b)
    {
        Tensor x = this, y = b;
        while (x.Rank < y.Rank) x = x.Unsqueeze(0);
        while (y.Rank < x.Rank) y = y.Unsqueeze(0);
        var sizes = new int[x.Rank];
        for (int i = x.Rank - 1; i >= 0; i--)
        {
            sizes[i] = checked(x.Shape[i] * y.Shape[i]);
            (x, y) = (x.Unsqueeze(i + 1), y.Unsqueeze(i));
        }
        return (x * y).Reshape(sizes);
    }

    /// <summary>Σ over axes of the left paired with axes of the right: the left's other axes, then the right's.</summary>
    public Tensor TensorDot(Tensor b, ReadOnlySpan<int> axes, ReadOnlySpan<int> axesOfB)
    {
        Kept(axes);
        b.Kept(axesOfB);
        bool fits = axes.Length == axesOfB.Length;
        for (int i = 0; fits && i < axes.Length; i++) fits = Shape[Shape.Axis(axes[i])] == b.Shape[b.Shape.Axis(axesOfB[i])];
        if (!fits)
            throw new ArgumentException($"TensorDot: {Shape} × {b.Shape}: the axes ({string.Join(", ", axes.ToArray())}) and ({string.Join(", ", axesOfB.ToArray())}) do not have the same sizes");
        var x = Permute(Gone(axes));
        int[] order = b.Gone(axesOfB);
        var y = b.Permute([.. order[^axes.Length..], .. order[..^axes.Length]]);
        Shape left = x.Shape[..^axes.Length], right = y.Shape[axes.Length..];
        int n = y.Shape[..axes.Length].Count;
        return x.Reshape(left.Count, n).MatMul(y.Reshape(n, right.Count)).Reshape([.. left.Sizes, .. right.Sizes]);
    }

    /// <summary>Σ over the last <paramref name="axes"/> axes of the left and as many first ones of the right.</summary>
    public Tensor TensorDot(Tensor b, int axes = 2)
    {
        if (axes < 0 || axes > Rank || axes > b.Rank)
            throw new ArgumentException($"TensorDot: {Shape} × {b.Shape} do not have {axes} axes each");
        var (last, first) = (new int[axes], new int[axes]);
        for (int i = 0; i < axes; i++) (last[i], first[i]) = (Rank - axes + i, i);
        return TensorDot(b, last, first);
    }

    static Case[] ProductsCases =>
    [
        Case.Of((a, b) => a.Kron(b), [2, 3], [4, 2]),
        Case.Of((a, b) => a.Kron(b), [3], [2, 2]),
        Case.Of((a, b) => a.TensorDot(b, [1, 2], [0, 1]), [3, 4, 2], [4, 2, 3]),
        Case.Of((a, b) => a.TensorDot(b, [0], [-1]), [4, 2], [2, 3, 4]),
        Case.Of((a, b) => a.TensorDot(b, 1), [2, 4], [4, 3]),
    ];
}
