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

    static Case[] AbsCases =>
    [
        Case.Of(x => x.Abs(), [3, 17]),
    ];
}
