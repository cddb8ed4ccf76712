using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>erf x = 2/√π ∫₀ˣ exp(−t²) dt; F32 within 7 ulp.</summary>
    public Tensor Erf() => Map<ErfFormula>();

    /// <summary>erfc x = 1 − erf x, accurate where that is tiny.</summary>
    public Tensor Erfc() => Map<ErfcFormula>();

    /// <summary>The number whose erf is x; ±∞ at ±1, NaN beyond.</summary>
    public Tensor Erfinv() => Map<ErfinvFormula>();

    const double TwoOverRootPi = 1.1283791670955125739;

    readonly struct ErfFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Erf(x);

        // 2/√π exp(−x²)
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(TwoOverRootPi) * Special.Gauss(x);
    }

    readonly struct ErfcFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Special.Erfc(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(-TwoOverRootPi) * Special.Gauss(x);
    }

    readonly struct ErfinvFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Special.Erfinv(x);

        // √π/2 exp y²
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1 / TwoOverRootPi) * V.Exp(y * y);
    }

    static Case[] ErrorFunctionCases =>
    [
        Case.Of(x => x.Erf() * x.Erfc(), [3, 17]),
        Case.Of(x => x.Erfinv(), Input.Within(-0.9, 0.9, [3, 17])),
        Case.Of(x => x.Erfinv(), Input.Within(0.9, 0.999, [7])),
    ];
}
