using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>cos x, x in radians.</summary>
    public Tensor Cos() => Map<CosFormula>();

    readonly struct CosFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Cos(x);

        // −sin x
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => -V.Sin(x);
    }

    static Case[] CosCases =>
    [
        Case.Of(x => x.Cos(), [3, 17]),
    ];
}
