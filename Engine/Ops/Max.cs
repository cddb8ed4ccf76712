using NanoAttention.Kernels;
using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>The largest number, of rank 0; NaN if any is; ties share the gradient. Throws where there is none.</summary>
    public Tensor Max() => Max(AllAxes());

    /// <summary>The largest number along one axis; ties share the gradient.</summary>
    public Tensor Max(int axis, bool keep = false) => Max([axis], keep);

    /// <summary>The largest number along the given axes; ties share the gradient.</summary>
    public Tensor Max(ReadOnlySpan<int> axes, bool keep = false) => Extreme<Kernels.Max>(axes, keep, "Max");

    /// <summary>The smallest number, of rank 0; NaN if any is; ties share the gradient. Throws where there is none.</summary>
    public Tensor Min() => Min(AllAxes());

    /// <summary>The smallest number along one axis; ties share the gradient.</summary>
    public Tensor Min(int axis, bool keep = false) => Min([axis], keep);

    /// <summary>The smallest number along the given axes; ties share the gradient.</summary>
    public Tensor Min(ReadOnlySpan<int> axes, bool keep = false) => Extreme<Kernels.Min>(axes, keep, "Min");

    /// <summary>Where along an axis the largest number is (I32); the first of equal ones.</summary>
    public Tensor ArgMax(int axis = -1, bool keep = false) => ArgExtreme(true, axis, keep, "ArgMax");

    /// <summary>Where along an axis the smallest number is (I32); the first of equal ones.</summary>
    public Tensor ArgMin(int axis = -1, bool keep = false) => ArgExtreme(false, axis, keep, "ArgMin");

    Tensor Extreme<R>(ReadOnlySpan<int> axes, bool keep, string op) where R : struct, IReducer
    {
        var kept = Kept(axes, op);
        int[] over = axes.ToArray();
        foreach (int axis in axes)
            if (Shape[Shape.Axis(axis)] == 0 && kept.Count > 0) throw new ArgumentException($"{op}: axis {axis} of {Shape} is empty, so it has no such number");
        var y = Reduce<R>(axes, keep, op);
        return Record(y, [(this, dy =>
        {
            var hits = EqualTo(y.Detach().Reshape(kept.Sizes)).To(DType);
            return hits * (dy.Reshape(kept.Sizes) / hits.Sum(over, keep: true));
        })], op);
    }

    Tensor ArgExtreme(bool largest, int axis, bool keep, string op)
    {
        CheckFloat(op);
        int a = Shape.Axis(axis, op);
        if (Shape[a] == 0) throw new ArgumentException($"{op}: axis {axis} of {Shape} is empty, so it has no such number");
        var x = Detach().Contiguous();
        var y = Empty(keep ? Shape.With(a, 1) : Shape.Without(a), DType.I32, Device, op);
        Device.ArgReduce(largest, x, y, Shape[a], Shape[(a + 1)..].Count);
        return y;
    }

    static Case[] MaxCases =>
    [
        Case.Of(x => x.Max(), [3, 4]),
        Case.Of(x => x.Max(1), [2, 5, 3]),
        Case.Of(x => x.Min([0, 2], keep: true), [2, 3, 4]),
        Case.Of(x => x.Min(), [5]),
        Case.Of(x => Concat([x, x]).Max(0), [2, 3]),      // ties
    ];
}
