using NanoAttention.Kernels;
using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>The sum of all numbers, of rank 0.</summary>
    public Tensor Sum() => Sum(AllAxes());

    /// <summary>The sum along one axis.</summary>
    public Tensor Sum(int axis, bool keep = false) => Sum([axis], keep);

    /// <summary>Sums along the given axes; they are dropped, or kept with size 1.</summary>
    public Tensor Sum(ReadOnlySpan<int> axes, bool keep = false)
    {
        var kept = Kept(axes);
        var y = Reduce<Kernels.Sum>(axes, keep);
        return Record(y, [(this, dy => dy.Reshape(kept.Sizes).Expand(Shape.Sizes))]);
    }

    /// <summary>The mean of all numbers, of rank 0; NaN of none.</summary>
    public Tensor Mean() => Sum() / Count;

    /// <summary>The mean along one axis; NaN of none.</summary>
    public Tensor Mean(int axis, bool keep = false) => Sum(axis, keep) / Shape[Shape.Axis(axis)];

    /// <summary>The mean along the given axes.</summary>
    public Tensor Mean(ReadOnlySpan<int> axes, bool keep = false)
    {
        int n = 1;
        foreach (int axis in axes) n *= Shape[Shape.Axis(axis)];
        return Sum(axes, keep) / n;
    }

    int[] AllAxes()
    {
        var axes = new int[Rank];
        for (int i = 0; i < Rank; i++) axes[i] = i;
        return axes;
    }

    // The shape with the given axes reduced to 1. Throws where an axis is none or named twice.
    Shape Kept(ReadOnlySpan<int> axes, [System.Runtime.CompilerServices.CallerMemberName] string op = "")
    {
        Span<int> sizes = stackalloc int[Rank];
        Span<bool> seen = stackalloc bool[Rank];
        Shape.Sizes.CopyTo(sizes);
        foreach (int axis in axes)
        {
            int a = Shape.Axis(axis, op);
            if (seen[a]) throw new ArgumentException($"{op}: axis {axis} of {Shape} is named twice");
            (sizes[a], seen[a]) = (1, true);
        }
        return Shape.Create(sizes);
    }

    // Unrecorded. Neighbouring axes are reduced in one go: (outer, n, inner) → (outer, inner), from the last run to the first.
    Tensor Reduce<R>(ReadOnlySpan<int> axes, bool keep, [System.Runtime.CompilerServices.CallerMemberName] string op = "") where R : struct, IReducer
    {
        CheckFloat(op);
        Span<bool> reduced = stackalloc bool[Rank];
        var kept = Kept(axes, op);
        foreach (int axis in axes) reduced[Shape.Axis(axis)] = true;
        var left = new List<int>();
        for (int i = 0; i < Rank; i++)
            if (!reduced[i]) left.Add(Shape[i]);
        Shape shape = keep ? kept : Shape.Create(left.ToArray());

        using var _ = NoGrad();
        var x = Detach().Contiguous();
        int inner = 1;
        bool any = false;
        for (int end = Rank; end > 0;)
        {
            if (!reduced[end - 1])
            {
                inner *= Shape[--end];
                continue;
            }
            int n = 1;
            while (end > 0 && reduced[end - 1]) n *= Shape[--end];
            int outer = 1;
            for (int i = 0; i < end; i++) outer *= Shape[i];
            var y = Empty([outer, inner], DType, Device, op);
            Device.Reduce(default(R), x, y, n, inner);
            (x, any) = (y, true);
        }
        return (any ? x : x == this || x.Storage == Storage ? Clone().Detach() : x).View(shape, null, 0);
    }

    static Case[] SumCases =>
    [
        Case.Of(x => x.Sum(), [3, 4]) with { Bench = [[1024, 1024]] },
        Case.Of(x => x.Sum(1), [2, 3, 4]),
        Case.Of(x => x.Sum(-1, keep: true), [2, 5]),
        Case.Of(x => x.Sum([0, 2]), [2, 3, 4]),
        Case.Of(x => x.Mean(), [7]),
        Case.Of(x => x.Mean(0), [3, 4]),
        Case.Of(x => x.Mean([1, 2], keep: true), [2, 3, 2, 2]),
    ];
}
