namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>The largest so far along an axis, and where it is (I32), the last of equal ones; NaN from the first NaN on.</summary>
    public (Tensor Values, Tensor Indices) CumMax(int axis) => CumExtreme(true, axis, "CumMax");

    /// <summary>The smallest so far along an axis, and where it is (I32), the last of equal ones; NaN from the first NaN on.</summary>
    public (Tensor Values, Tensor Indices) CumMin(int axis) => CumExtreme(false, axis, "CumMin");

    (Tensor, Tensor) CumExtreme(bool largest, int axis, string op)
    {
        CheckFloat(op);
        int a = Shape.Axis(axis, op);
        var at = Empty(Shape, DType.I32, Device, op);
        Device.RunningArg(largest, Detach().Contiguous(), at, Shape[a], Shape[(a + 1)..].Count);
        return (TakeAlong(a, at), at);
    }

    /// <summary>
    /// yₖ = ln Σ exp xᵢ over i ≤ k along an axis, without overflow; −∞ of −∞ alone.
    /// <code>dxₖ = exp(xₖ − yₖ) Tₖ with Tₖ = dyₖ + exp(yₖ − yₖ₊₁) Tₖ₊₁</code>
    /// </summary>
    public Tensor LogCumSumExp(int axis)
    {
        CheckFloat("LogCumSumExp");
        int a = Shape.Axis(axis);
        Tensor y;
        using (Reverse.NoGrad())
        {
            var top = Detach().CumMax(a).Values;
            top = Where(top.Abs() < double.PositiveInfinity, top, top.Constant(0));
            y = Recurrence((top.Shifted(a, 1) - top).Clamp(high: 0).Exp(), (Detach() - top).Exp(), a, reverse: false).Log() + top;
        }
        return Reverse.Record(y, [(this, dy =>
        {
            int n = Shape[a];
            if (n == 0) return dy;
            var some = y > double.NegativeInfinity;
            var steps = (y.Slice(a, 0, n - 1) - y.Slice(a, 1, n - 1)).Unslice(Shape, a, 0, 1);
            var shares = Where(some, this - y, y.Constant(double.NegativeInfinity)).Exp();
            return shares * Recurrence(Where(some, steps, y.Constant(0)).Exp(), dy, a, reverse: true);
        })]);
    }

    static Case[] CumMaxCases =>
    [
        Case.Of(x => x.CumMax(1).Values, [2, 5, 3]),
        Case.Of(x => x.CumMin(-1).Values, [3, 6]) with { Bench = [[256, 1024]] },
        Case.Of(x => x.LogCumSumExp(1), [2, 5, 3]),
        Case.Of(x => (x + 800).LogCumSumExp(0), [4, 2]) with { Bench = [[1024, 256]] },
    ];
}
