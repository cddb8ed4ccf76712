using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// yₖ = Σ xᵢ over i ≤ k along an axis; exclusive: over i &lt; k; in reverse: over i ≥ k, or i &gt; k.
    /// <code>dx = CumSum dy, in the other direction</code>
    /// </summary>
    public Tensor CumSum(int axis, bool exclusive = false, bool reverse = false)
    {
        CheckFloat("CumSum");
        int a = Shape.Axis(axis);
        return Recurrence(null, exclusive ? Shifted(a, reverse ? -1 : 1) : this, a, reverse);
    }

    /// <summary>
    /// yₖ = aₖ yₖ₋₁ + bₖ along an axis, y₋₁ = 0 (no a: a = 1); in reverse, yₖ = aₖ yₖ₊₁ + bₖ. Its transpose is the recurrence in the
    /// other direction, so it can be differentiated as often as one likes, and without a division.
    /// <code>dbₖ = aₖ₊₁ dbₖ₊₁ + dyₖ,  daₖ = yₖ₋₁ dbₖ</code>
    /// </summary>
    static Tensor Recurrence(Tensor? a, Tensor b, int axis, bool reverse, [System.Runtime.CompilerServices.CallerMemberName] string op = "")
    {
        var (ca, cb) = (a?.Contiguous(), b.Contiguous());
        var y = Like(b, op);
        int n = b.Shape[axis], forward = reverse ? -1 : 1;
        b.Device.Recurrence(ca?.Detach(), cb.Detach(), y, n, b.Shape[(axis + 1)..].Count, reverse);
        return a is null
            ? Record(y, [(b, dy => Back(dy))], op)
            : Record(y, [(b, dy => Back(dy)), (a, dy => y.Shifted(axis, forward) * Back(dy))], op);

        Tensor Back(Tensor dy) => Recurrence(a?.Shifted(axis, -forward), dy, axis, !reverse, op);
    }

    // The numbers moved by one place along an axis, to the next (1) or the one before (−1); 0 comes in.
    Tensor Shifted(int axis, int by)
    {
        int n = Shape[axis];
        return n == 0 ? this : Slice(axis, by > 0 ? 0 : 1, n - 1).Unslice(Shape, axis, by > 0 ? 1 : 0, 1);
    }

    static Case[] CumSumCases =>
    [
        Case.Of(x => x.CumSum(1), [2, 5, 3]) with { Bench = [[256, 256, 16]] },
        Case.Of(x => x.CumSum(-1), [3, 4]) with { Bench = [[1024, 1024]] },
        Case.Of(x => x.CumSum(0, exclusive: true), [4, 2]),
        Case.Of(x => x.CumSum(0, exclusive: true, reverse: true), [4, 2]),
    ];
}
