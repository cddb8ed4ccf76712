using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>condition ? a : b, number by number, after stretching all three to a common shape.</summary>
    public static Tensor Where(Tensor condition, Tensor a, Tensor b)
    {
        condition.CheckBool("Where");
        CheckPair(a, b, "Where");
        if (condition.Device != a.Device) throw new ArgumentException($"Where: the condition is on {condition.Device.Name}, the values on {a.Device.Name}; move one with To");
        var shape = Shape.Broadcast(condition.Shape, Shape.Broadcast(a.Shape, b.Shape));
        var y = Empty(shape, a.DType, a.Device);
        a.Device.Where(condition.Stretch(shape), a.Stretch(shape), b.Stretch(shape), y);
        return Record(y,
            [(a, dy => Where(condition, dy, dy.Constant(0)).SumTo(a.Shape)),
             (b, dy => Where(condition, dy.Constant(0), dy).SumTo(b.Shape))]);
    }

    /// <summary>The given value where the mask (Bool, stretched to this shape) is true, else the number that is there.</summary>
    public Tensor MaskedFill(Tensor mask, double value)
    {
        if (Shape.Broadcast(mask.Shape, Shape) != Shape) throw new ArgumentException($"MaskedFill: the mask {mask.Shape} does not stretch to {Shape}");
        return Where(mask, Constant(value), this);
    }

    static Case[] WhereCases =>
    [
        Case.Of(Where, Input.Mask([3, 4]), [3, 4], [4]),
        Case.Of(Where, Input.Mask([3, 4]), [4], [3, 1]),
        Case.Of((x, mask) => x.MaskedFill(mask, -1), [2, 3, 4], Input.Mask([3, 1])),
    ];
}
