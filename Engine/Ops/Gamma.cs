using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>log |Γ(x)|; ∞ at 0, −1, −2, …</summary>
    public Tensor Lgamma() => Map<LgammaFormula>();

    /// <summary>ψ(x) = Γ′(x)/Γ(x), the slope of <see cref="Lgamma"/>; NaN at −1, −2, …, ∓∞ at ±0.</summary>
    public Tensor Digamma() => Map<DigammaFormula>();

    readonly struct LgammaFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Special.LogGamma(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => Special.Digamma(x);
    }

    readonly struct DigammaFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Special.Digamma(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => Special.Trigamma(x);
    }

    static Case[] GammaCases =>
    [
        Case.Of(x => x.Lgamma(), Input.Within(0.3, 12, [3, 17])),
        Case.Of(x => x.Lgamma(), Input.Within(-2.8, -2.2, [7])),
        Case.Of(x => x.Digamma(), Input.Within(0.3, 12, [3, 17])),
        Case.Of(x => x.Digamma(), Input.Within(-2.8, -2.2, [7])),
    ];
}
