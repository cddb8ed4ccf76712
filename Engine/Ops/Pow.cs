using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>xᵖ; NaN for negative x unless p is whole. Whole p up to 64 in size are multiplied out.</summary>
    public Tensor Pow(double p) => Map(new PowFormula(p));

    /// <summary>xᵖ, number by number; NaN for negative x unless p is whole.</summary>
    /// <remarks>The slopes p xᵖ⁻¹ and xᵖ log x are 0 at p = 0 and at x = 0, p ≥ 0.</remarks>
    public Tensor Pow(Tensor p) => Zip<PowerFormula>(this, p);

    /// <summary>1/√x; NaN below 0.</summary>
    public Tensor Rsqrt() => Map<RsqrtFormula>();

    /// <summary>1/x</summary>
    public Tensor Reciprocal() => 1 / this;

    /// <summary>x²</summary>
    public Tensor Square() => Pow(2);

    readonly struct PowFormula(double p) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Power(x, p);

        // p xᵖ⁻¹
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => p == 0 ? V.Of(0) : V.Of(p) * Power(x, p - 1);

        static V Power<V>(V x, double p) where V : struct, ILane<V>
        {
            if (p == 0.5) return V.Sqrt(x);
            if (p == -0.5) return V.Of(1) / V.Sqrt(x);
            int n = p < 0 ? (int)-p : (int)p;
            if (n > 64 || n != (p < 0 ? -p : p)) return V.Pow(x, V.Of(p));
            var y = V.Of(1);                                    // x to the n by repeated squaring
            for (var square = x; n > 0; n /= 2, square *= square)
                if (n % 2 == 1) y *= square;
            return p < 0 ? V.Of(1) / y : y;
        }
    }

    readonly struct PowerFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.Pow(a, b);
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => V.IfEqual(b, V.Of(0), V.Of(0), b * V.Pow(a, b - V.Of(1)));

        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V>
        {
            var slope = y * V.Log(a);
            return V.IfEqual(a, V.Of(0), V.IfLess(b, V.Of(0), slope, V.Of(0) * y), slope);
        }
    }

    readonly struct RsqrtFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Of(1) / V.Sqrt(x);

        // −y³/2
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(-0.5) * y * y * y;
    }

    static Case[] PowCases =>
    [
        Case.Of(x => x.Pow(2), [3, 5]),
        Case.Of(x => x.Pow(3), [7]),
        Case.Of(x => x.Pow(-1), Input.Within(0.5, 2, [7])),
        Case.Of(x => x.Pow(0.5), Input.Within(0.5, 2, [7])),
        Case.Of(x => x.Pow(-1.7), Input.Within(0.5, 2, [7])),
        Case.Of((x, p) => x.Pow(p), Input.Within(0.5, 2, [3, 5]), [3, 1]),
        Case.Of(p => p.Constant(0).Pow(p), Input.Within(0.5, 2, [3])),
        Case.Of(x => x.Rsqrt(), Input.Within(0.5, 2, [3, 5])),
        Case.Of(x => x.Reciprocal(), Input.Within(0.5, 2, [7])),
        Case.Of(x => x.Square(), [7]),
    ];
}
