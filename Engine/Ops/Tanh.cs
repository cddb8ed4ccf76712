using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>tanh x; F32 within 6 ulp.</summary>
    public Tensor Tanh() => Map<TanhFormula>();

    internal readonly struct TanhFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Tanh(x);

        // 1 − y²
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1) - y * y;
    }

    static Case[] TanhCases =>
    [
        Case.Of(x => x.Tanh(), [3, 17]) with { Bench = [[1024, 1024]] },
    ];
}
