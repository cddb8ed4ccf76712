using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>A view stretched to a larger shape: axes of size 1 are repeated, new ones added in front, without a copy. −1 keeps a size.</summary>
    public Tensor Expand(params ReadOnlySpan<int> sizes)
    {
        int added = sizes.Length - Rank;
        if (added < 0) throw new ArgumentException($"Expand: {Shape} has more axes than the {sizes.Length} sizes given");
        Span<int> filled = stackalloc int[sizes.Length];
        for (int i = 0; i < sizes.Length; i++)
            filled[i] = sizes[i] != -1 ? sizes[i] : i >= added ? Shape[i - added] : throw new ArgumentException($"Expand: the new axis {i} of {Shape} has no size to keep");
        var shape = Shape.Create(filled);
        if (Shape.Broadcast(Shape, shape) != shape) throw new ArgumentException($"Expand: {Shape} does not stretch to {shape}");
        return shape == Shape ? this : Record(Stretch(shape), [(this, dy => dy.SumTo(Shape))]);
    }

    /// <summary>The sum over what <see cref="Expand"/> repeated to reach this shape from the given one: its transpose.</summary>
    public Tensor SumTo(Shape shape) => shape == Shape ? this : SummedTo(shape);

    Tensor SummedTo(Shape shape)
    {
        if (Shape.Broadcast(shape, Shape, "SumTo") != Shape) throw new ArgumentException($"SumTo: {shape} does not stretch to {Shape}");
        int added = Rank - shape.Rank;
        Span<int> axes = stackalloc int[Rank];
        int n = 0;
        for (int i = 0; i < Rank; i++)
            if (i < added || shape[i - added] != Shape[i]) axes[n++] = i;
        return Sum(axes[..n], keep: true).Reshape(shape.Sizes);
    }

    // The view behind Expand, unrecorded.
    internal Tensor Stretch(Shape shape) => shape == Shape ? this : Stretched(shape);

    Tensor Stretched(Shape shape)
    {
        var stretched = new int[shape.Rank];
        var own = Strides;
        for (int i = 1; i <= Rank; i++) stretched[^i] = Shape[^i] == shape[^i] ? own[^i] : 0;
        return View(shape, stretched, Offset);
    }

    static Case[] StretchCases =>
    [
        Case.Of(x => x.Expand(4, -1, 3), [2, 1]),
        Case.Of(x => x.SumTo([3, 1]), [2, 3, 4]),
    ];
}
