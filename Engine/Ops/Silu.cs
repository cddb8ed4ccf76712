using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>x σ(x) (Hendrycks and Gimpel 2016; Elfwing et al. 2017)</summary>
    public Tensor Silu() => Map<SiluFormula>();

    readonly struct SiluFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x / (V.Of(1) + V.Exp(-x));

        // σ(x) (1 + x − y)
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => (V.Of(1) + x - y) / (V.Of(1) + V.Exp(-x));
    }

    static Case[] SiluCases =>
    [
        Case.Of(x => x.Silu(), [3, 17]),
    ];
}
