using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>max(x, 0) (Nair and Hinton 2010), with slope 0 at 0.</summary>
    public Tensor Relu() => Map<ReluFormula>();

    readonly struct ReluFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Max(x, V.Of(0));

        // 1 above 0
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.IfLess(V.Of(0), x, V.Of(1), V.Of(0));
    }

    static Case[] ReluCases =>
    [
        Case.Of(x => x.Relu(), [3, 17]) with { Bench = [[1024, 1024]] },
    ];
}
