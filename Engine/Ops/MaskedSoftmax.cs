namespace NanoAttention;

public sealed partial class Tensor
{
    // Far below every score, yet finite: the differences of two such numbers are 0, not NaN.
    const double hiddenScore = -1e38;

    /// <summary>
    /// The softmax over the last axis among the places where the mask (Bool, stretched to this shape) is true; 0 at the others, and
    /// 0 everywhere, with a gradient of 0, in a row that has no such place.
    /// </summary>
    public Tensor Softmax(Tensor mask)
    {
        if (Shape.Broadcast(mask.Shape, Shape) != Shape) throw new ArgumentException($"Softmax: the mask {mask.Shape} does not stretch to {Shape}");
        var y = Where(mask, this, Constant(hiddenScore)).Softmax();
        return Where(mask, y, Constant(0));
    }

    static Case[] MaskedSoftmaxCases => [Case.Of((x, mask) => x.Softmax(mask), [3, 2, 5], Input.Mask([3, 1, 5]))];
}
