using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>The same numbers in row-major order under another shape; one size may be −1, found from the rest. A view where the numbers are contiguous.</summary>
    public Tensor Reshape(params ReadOnlySpan<int> sizes)
    {
        Span<int> filled = stackalloc int[sizes.Length];
        sizes.CopyTo(filled);
        int hole = filled.IndexOf(-1);
        if (hole >= 0)
        {
            long rest = 1;
            for (int i = 0; i < filled.Length; i++)
                if (i != hole) rest *= filled[i];
            if (rest <= 0 || Count % rest != 0) throw new ArgumentException($"Reshape: {Shape} with {Count} elements does not fill ({string.Join(", ", sizes.ToArray())}) for any size in place of −1");
            filled[hole] = (int)(Count / rest);
        }
        var shape = Shape.Create(filled);
        if (shape.Count != Count) throw new ArgumentException($"Reshape: {Shape} has {Count} elements, {shape} takes {shape.Count}");
        if (shape == Shape) return this;
        var x = Contiguous();
        return Record(x.View(shape, null, x.Offset), [(x, dy => dy.Reshape(x.Shape.Sizes))]);
    }

    /// <summary>Two axes exchanged, the last two unless said: a view.</summary>
    public Tensor Transpose(int i = -1, int j = -2)
    {
        if (Rank < 2) throw new ArgumentException($"Transpose: {Shape} has fewer than two axes");
        var order = AllAxes();
        (i, j) = (Shape.Axis(i), Shape.Axis(j));
        (order[i], order[j]) = (j, i);
        return Record(Permuted(order), [(this, dy => dy.Transpose(i, j))]);
    }

    /// <summary>The axes in another order: axis i of the result is axis order[i] of this. A view.</summary>
    public Tensor Permute(params ReadOnlySpan<int> order)
    {
        var from = new int[Rank];
        var back = new int[Rank];
        Array.Fill(back, -1);
        if (order.Length != Rank) throw new ArgumentException($"Permute: {order.Length} axes given for {Shape}");
        for (int i = 0; i < Rank; i++)
        {
            from[i] = Shape.Axis(order[i]);
            if (back[from[i]] >= 0) throw new ArgumentException($"Permute: axis {order[i]} of {Shape} is named twice");
            back[from[i]] = i;
        }
        return Record(Permuted(from), [(this, dy => dy.Permute(back))]);
    }

    Tensor Permuted(int[] order)
    {
        var sizes = new int[Rank];
        var steps = new int[Rank];
        var own = Strides;
        for (int i = 0; i < Rank; i++) (sizes[i], steps[i]) = (Shape[order[i]], own[order[i]]);
        return View(Shape.Create(sizes), steps, Offset);
    }

    /// <summary>With an axis of size 1 put in: at its front for 0, behind the last for −1.</summary>
    public Tensor Unsqueeze(int axis)
    {
        int a = axis < 0 ? axis + Rank + 1 : axis;
        if ((uint)a > (uint)Rank) throw new ArgumentOutOfRangeException(nameof(axis), $"Unsqueeze: {Shape} has no place {axis} for an axis (places run from {-Rank - 1} to {Rank})");
        var own = Strides;
        return Record(View(Shape.Insert(a, 1), [.. own[..a], 0, .. own[a..]], Offset), [(this, dy => dy.Squeeze(a))]);
    }

    /// <summary>Without an axis of size 1. Throws where its size is another.</summary>
    public Tensor Squeeze(int axis)
    {
        int a = Shape.Axis(axis);
        if (Shape[a] != 1) throw new ArgumentException($"Squeeze: axis {axis} of {Shape} has size {Shape[a]}, not 1");
        var own = Strides;
        return Record(View(Shape.Without(a), [.. own[..a], .. own[(a + 1)..]], Offset), [(this, dy => dy.Unsqueeze(a))]);
    }

    /// <summary>The axes from one to another, both included, merged into one.</summary>
    public Tensor Flatten(int from = 0, int to = -1)
    {
        if (Rank == 0) return Reshape(1);
        (from, to) = (Shape.Axis(from), Shape.Axis(to));
        if (from > to) throw new ArgumentException($"Flatten: axis {from} of {Shape} comes behind axis {to}");
        return Reshape([.. Shape.Sizes[..from], Shape[from..(to + 1)].Count, .. Shape.Sizes[(to + 1)..]]);
    }

    /// <summary>A copy in memory of its own, in row-major order. Recorded.</summary>
    public Tensor Clone()
    {
        var y = Like(this);
        Device.Copy(this, y);
        return Record(y, [(this, dy => dy)]);
    }

    static Case[] ViewCases =>
    [
        Case.Of(x => x.Reshape(3, -1), [2, 6]),
        Case.Of(x => x.Transpose().Reshape(-1), [2, 3]),
        Case.Of(x => x.Transpose(0, 2), [2, 3, 4]),
        Case.Of(x => x.Permute(2, 0, 1), [2, 3, 4]),
        Case.Of(x => x.Unsqueeze(1).Unsqueeze(-1), [2, 3]),
        Case.Of(x => x.Squeeze(1), [2, 1, 3]),
        Case.Of(x => x.Flatten(1, 2), [2, 3, 2, 2]),
        Case.Of(x => x.Transpose().Contiguous(), [2, 3]),
        Case.Of(x => x.Transpose().Clone(), [2, 3]) with { Bench = [[1024, 1024]] },
    ];
}
