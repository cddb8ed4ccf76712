using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>x Φ(x) = x/2 (1 + erf(x/√2)) (Hendrycks and Gimpel 2016).</summary>
    public Tensor Gelu() => Map<GeluFormula>();

    /// <summary>x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))): the approximation that GPT-2 uses (Hendrycks and Gimpel 2016, §2).</summary>
    public Tensor GeluTanh() => Map<GeluTanhFormula>();

    readonly struct GeluFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Of(0.5) * x * (V.Of(1) + V.Erf(x * V.Of(0.70710678118654752440)));

        // Φ(x) + x φ(x), φ(x) = e^(−x²/2)/√2π
        public V Slope<V>(V x, V y) where V : struct, ILane<V> =>
            V.Of(0.5) * (V.Of(1) + V.Erf(x * V.Of(0.70710678118654752440))) + x * V.Of(0.39894228040143267794) * V.Exp(V.Of(-0.5) * x * x);
    }

    readonly struct GeluTanhFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Of(0.5) * x * (V.Of(1) + Tanh(x));

        // (1 + t)/2 + x/2 (1 − t²) √(2/π) (1 + 3 · 0.044715 x²)
        public V Slope<V>(V x, V y) where V : struct, ILane<V>
        {
            var t = Tanh(x);
            return V.Of(0.5) * (V.Of(1) + t) + V.Of(0.5) * x * (V.Of(1) - t * t) * V.Of(0.79788456080286535588) * (V.Of(1) + V.Of(3 * 0.044715) * x * x);
        }

        static V Tanh<V>(V x) where V : struct, ILane<V> => V.Tanh(V.Of(0.79788456080286535588) * (x + V.Of(0.044715) * x * x * x));
    }

    static Case[] GeluCases =>
    [
        Case.Of(x => x.Gelu(), [3, 17]) with { Bench = [[1024, 768]] },
        Case.Of(x => x.GeluTanh(), [3, 17]) with { Bench = [[1024, 768]] },
    ];
}
