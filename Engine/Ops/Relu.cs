using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>max(x, 0) (Nair and Hinton 2010), with slope 0 at 0.</summary>
    public Tensor Relu() => Map<ReluFormula>();

    internal readonly struct ReluFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Max(x, V.Of(0));

        // 0 up to 0, else 1; NaN stays visible
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.IfLess(x, V.Of(0), V.Of(0), V.IfEqual(x, V.Of(0), V.Of(0), V.Of(1)));
    }

    static Case[] ReluCases =>
    [
        Case.Of(x => x.Relu(), [3, 17]) with { Bench = [[1024, 1024]] },
    ];
}
