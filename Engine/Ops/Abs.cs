using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>|x|, with slope 0 at 0.</summary>
    public Tensor Abs() => Map<AbsFormula>();

    readonly struct AbsFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Abs(x);

        // sign x
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.IfLess(x, V.Of(0), V.Of(-1), V.IfLess(V.Of(0), x, V.Of(1), V.Of(0)));
    }

    /// <summary>|a| with the sign of b, that of −0 included; slope 0 for a = 0.</summary>
    public Tensor CopySign(Tensor b) => Zip<CopySignFormula>(this, b);

    readonly struct CopySignFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => Elementary.IfNegative(b, -V.Abs(a), V.Abs(a));

        // 1 where the signs are the same, else −1
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V>
        {
            var same = Elementary.IfNegative(b, V.Of(-1), V.Of(1));
            return V.IfLess(a, V.Of(0), -same, V.IfEqual(a, V.Of(0), V.Of(0), same));
        }

        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => V.Of(0);
    }

    static Case[] AbsCases =>
    [
        Case.Of((a, b) => a.CopySign(b), [3, 5], [5]),
        Case.Of(x => x.Abs(), [3, 17]),
    ];
}
