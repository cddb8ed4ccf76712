using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>sin x, x in radians.</summary>
    public Tensor Sin() => Map<SinFormula>();

    readonly struct SinFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Sin(x);

        // cos x
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Cos(x);
    }

    static Case[] SinCases =>
    [
        Case.Of(x => x.Sin(), [3, 17]),
    ];
}
