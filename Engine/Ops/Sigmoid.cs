using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>σ(x) = 1/(1 + e⁻ˣ); F32 within 3 ulp.</summary>
    public Tensor Sigmoid() => Map<SigmoidFormula>();

    internal readonly struct SigmoidFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Sigmoid(x);

        // y (1 − y)
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => y * (V.Of(1) - y);
    }

    static Case[] SigmoidCases =>
    [
        Case.Of(x => x.Sigmoid(), [3, 17]) with { Bench = [[1024, 1024]] },
    ];
}
