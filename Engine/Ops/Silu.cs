using System.Runtime.CompilerServices;
using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>x σ(x) (Hendrycks and Gimpel 2016; Elfwing et al. 2017); F32 within 3 ulp of x.</summary>
    public Tensor Silu() => Map<SiluFormula>();

    /// <summary>x σ(αx) (Ramachandran et al. 2017)</summary>
    public Tensor Swish(double alpha) => this * (alpha * this).Sigmoid();

    internal readonly struct SiluFormula : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply<V>(V x) where V : struct, ILane<V> => x * V.Sigmoid(x);

        // s (1 + x (1 − s)), s = σ(x)
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Slope<V>(V x, V y) where V : struct, ILane<V>
        {
            var s = V.Sigmoid(x);
            return s * (V.Of(1) + x * (V.Of(1) - s));
        }
    }

    static Case[] SiluCases =>
    [
        Case.Of(x => x.Silu(), [3, 17]),
        Case.Of(x => x.Swish(0.5), [3, 5]),
    ];
}
