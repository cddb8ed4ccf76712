using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>The variance along an axis: Σ(x − x̄)²/(n − correction); correction 1 estimates a population's, 0 is the sample's own.</summary>
    public Tensor Var(int axis, int correction = 1, bool keep = false)
    {
        int n = Shape[Shape.Axis(axis)];
        var x = FromFirst(axis);
        var deviation = x - x.Mean(axis, keep: true);
        return (deviation * deviation).Sum(axis, keep) / Math.Max(0, n - correction);
    }

    /// <summary>x measured from the first number of the axis, which is taken for a constant: an offset all share then costs no digits.</summary>
    Tensor FromFirst(int axis) => Shape[Shape.Axis(axis)] == 0 ? this : this - Detach().Slice(axis, 0, 1);

    /// <summary>The standard deviation along an axis: the root of <see cref="Var"/>; its gradient is 0 where all numbers are equal.</summary>
    public Tensor Std(int axis, int correction = 1, bool keep = false)
    {
        var variance = Var(axis, correction, keep);
        var none = variance.EqualTo(0);
        return variance.MaskedFill(none, 1).Sqrt().MaskedFill(none, 0);
    }

    /// <summary>ln Σ exp x along an axis, without overflow; −∞ of nothing or of −∞ alone, where its gradient is 0 as a fully masked query's is (PyTorch's is NaN).</summary>
    public Tensor LogSumExp(int axis, bool keep = false)
    {
        int a = Shape.Axis(axis);
        Tensor y;
        using (NoGrad())
        {
            var top = Shape[a] == 0 ? Full(Shape.With(a, 1), 0, DType, Device) : Detach().Max(a, keep: true);
            top = Where(top.Abs() < double.PositiveInfinity, top, top.Constant(0));
            y = (Detach() - top).Exp().Sum(a, keep: true).Log() + top;
        }
        Record(y, [(this, dy => dy * Where(y.EqualTo(double.NegativeInfinity), y.Constant(double.NegativeInfinity), this - y).Exp())]);
        return keep ? y : y.Reshape(Shape.Without(a).Sizes);
    }

    static Case[] StatisticsCases =>
    [
        Case.Of(x => x.Var(-1), [3, 5]),
        Case.Of(x => x.Var(0, correction: 0, keep: true), [4, 3]),
        Case.Of(x => x.Std(1), [2, 6]),
        Case.Of(x => x.LogSumExp(-1), [3, 5]),
        Case.Of(x => x.LogSumExp(0, keep: true), [3, 2]),
    ];
}
