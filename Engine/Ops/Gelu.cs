using System.Runtime.CompilerServices;
using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>x Φ(x) = x/2 (1 + erf(x/√2)) (Hendrycks and Gimpel 2016); F32 within 3 ulp of x.</summary>
    public Tensor Gelu() => Map<GeluFormula>();

    /// <summary>
    /// x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))): the approximation that GPT-2 uses (Hendrycks and Gimpel 2016, §2); F32 within 2 ulp of x.
    /// </summary>
    public Tensor GeluTanh() => Map<GeluTanhFormula>();

    internal readonly struct GeluFormula : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Of(0.5) * x * (V.Of(1) + V.Erf(x * V.Of(0.70710678118654752440)));

        // Φ(x) + x φ(x), φ(x) = e^(−x²/2)/√2π
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Slope<V>(V x, V y) where V : struct, ILane<V> =>
            V.Of(0.5) * (V.Of(1) + V.Erf(x * V.Of(0.70710678118654752440))) + x * V.Of(0.39894228040143267794) * V.Exp(V.Of(-0.5) * x * x);
    }

    internal readonly struct GeluTanhFormula : IUnary
    {
        // x σ(2u) = x/(1 + exp(−2u)), since 1 + tanh u = 2σ(2u)
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply<V>(V x) where V : struct, ILane<V> => x / (V.Of(1) + V.Exp(-Twice(x)));

        // s + x s (1 − s) 2u′; a slope of 0 far out meets x before x², which overflows
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Slope<V>(V x, V y) where V : struct, ILane<V>
        {
            V s = V.Sigmoid(Twice(x)), t = x * (s * (V.Of(1) - s));
            return s + V.Of(2 * RootTwoOverPi) * t + V.Of(2 * RootTwoOverPi * 3 * 0.044715) * t * x * x;
        }

        // 2u, u = √(2/π) (x + 0.044715 x³)
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static V Twice<V>(V x) where V : struct, ILane<V> =>
            x * (V.Of(2 * RootTwoOverPi) + V.Of(2 * RootTwoOverPi * 0.044715) * (x * x));

        const double RootTwoOverPi = 0.79788456080286535588;
    }

    static Case[] GeluCases =>
    [
        Case.Of(x => x.Gelu(), [3, 17]) with { Bench = [[1024, 768]] },
        Case.Of(x => x.GeluTanh(), [3, 17]) with { Bench = [[1024, 768]] },
    ];
}
