using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// yₖ = Π xᵢ over i ≤ k along an axis; exclusive: over i &lt; k (1 for none); in reverse: over i ≥ k, or i &gt; k. Zeros need no care:
    /// yₖ = xₖ₋₁ yₖ₋₁ is a <see cref="Recurrence"/>, differentiated without a division.
    /// </summary>
    public Tensor CumProd(int axis, bool exclusive = false, bool reverse = false)
    {
        CheckFloat("CumProd");
        int a = Shape.Axis(axis);
        if (Count == 0) return this;
        var start = Ones(Shape.With(a, 1), DType, Device).Unslice(Shape, a, reverse ? Shape[a] - 1 : 0, 1);
        var before = Recurrence(Shifted(a, reverse ? -1 : 1), start, a, reverse);
        return exclusive ? before : before * this;
    }

    /// <summary>The product of all numbers, of rank 0; 1 of none.</summary>
    public Tensor Prod() => Prod(AllAxes());

    /// <summary>The product along one axis.</summary>
    public Tensor Prod(int axis, bool keep = false) => Prod([axis], keep);

    /// <summary>
    /// Products along the given axes; 1 of none. dxᵢ is dy times the product of the others, those before and those behind, so zeros
    /// need no care.
    /// </summary>
    public Tensor Prod(ReadOnlySpan<int> axes, bool keep = false)
    {
        var kept = Kept(axes);
        var y = Reduce<Kernels.Prod>(axes, keep);
        int[] over = [.. axes];
        return Record(y, [(this, dy => dy.Reshape(kept.Sizes) * Merged(over, Others))]);

        static Tensor Others(Tensor x) => x.CumProd(-1, exclusive: true) * x.CumProd(-1, exclusive: true, reverse: true);
    }

    // f works along the last axis; the given axes are brought there, merged into one, and back.
    Tensor Merged(ReadOnlySpan<int> axes, Func<Tensor, Tensor> f)
    {
        var (order, sizes) = (Gone(axes), new int[Rank]);
        for (int i = 0; i < Rank; i++) sizes[i] = Shape[order[i]];
        var back = new int[Rank];
        for (int i = 0; i < Rank; i++) back[order[i]] = i;
        int kept = Rank - axes.Length;
        Shape merged = [.. sizes[..kept], Shape.Create(sizes[kept..]).Count];
        return f(Permute(order).Reshape(merged.Sizes)).Reshape(sizes).Permute(back);
    }

    // All axes, the given ones last.
    int[] Gone(ReadOnlySpan<int> axes)
    {
        var order = new List<int>(AllAxes());
        foreach (int axis in axes) order.Remove(Shape.Axis(axis));
        foreach (int axis in axes) order.Add(Shape.Axis(axis));
        return [.. order];
    }

    static Case[] CumProdCases =>
    [
        Case.Of(x => x.CumProd(1), [2, 5, 3]) with { Bench = [[256, 256, 16]] },
        Case.Of(x => x.CumProd(-1, exclusive: true), [3, 4]),
        Case.Of(x => x.CumProd(0, reverse: true), [4, 2]),
        Case.Of((x, mask) => x.MaskedFill(mask, 0).CumProd(1), [3, 6], Input.Mask([3, 6])),
        Case.Of(x => x.Prod(), [5]),
        Case.Of(x => x.Prod(1), [2, 4, 3]) with { Bench = [[64, 256, 64]] },
        Case.Of(x => x.Prod([0, 2], keep: true), [2, 3, 4]),
        Case.Of((x, mask) => x.MaskedFill(!mask, 0).Prod(-1), [6, 5], Input.Mask([6, 5])),
    ];
}
