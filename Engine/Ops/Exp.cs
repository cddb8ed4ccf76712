using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>eˣ; F32 within 1.1 ulp.</summary>
    public Tensor Exp() => Map<ExpFormula>();

    readonly struct ExpFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Exp(x);

        // y
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => y;
    }

    static Case[] ExpCases =>
    [
        Case.Of(x => x.Exp(), [3, 17]) with { Bench = [[1024, 1024]] },
    ];
}
