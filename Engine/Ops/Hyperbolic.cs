using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>sinh x = (eˣ − e⁻ˣ)/2</summary>
    public Tensor Sinh() => Map<SinhFormula>();

    /// <summary>cosh x = (eˣ + e⁻ˣ)/2</summary>
    public Tensor Cosh() => Map<CoshFormula>();

    /// <summary>The number whose sinh is x.</summary>
    public Tensor Asinh() => Map<AsinhFormula>();

    /// <summary>The positive number whose cosh is x; NaN below 1.</summary>
    public Tensor Acosh() => Map<AcoshFormula>();

    /// <summary>The number whose tanh is x; ±∞ at ±1, NaN beyond.</summary>
    public Tensor Atanh() => Map<AtanhFormula>();

    readonly struct SinhFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Sinh(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => Elementary.Cosh(x);
    }

    readonly struct CoshFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Cosh(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => Elementary.Sinh(x);
    }

    readonly struct AsinhFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Asinh(x);

        // 1/√(x² + 1)
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1) / V.Sqrt(x * x + V.Of(1));
    }

    readonly struct AcoshFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Acosh(x);

        // 1/√(x² − 1)
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1) / V.Sqrt((V.Abs(x) - V.Of(1)) * (V.Abs(x) + V.Of(1)));
    }

    readonly struct AtanhFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Atanh(x);

        // 1/(1 − x²)
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1) / ((V.Of(1) - x) * (V.Of(1) + x));
    }

    static Case[] HyperbolicCases =>
    [
        Case.Of(x => x.Sinh() * x.Cosh(), [3, 17]),
        Case.Of(x => x.Asinh(), [3, 17]),
        Case.Of(x => x.Acosh(), Input.Within(1.2, 5, [3, 17])),
        Case.Of(x => x.Atanh(), Input.Within(-0.95, 0.95, [3, 17])),
    ];
}
