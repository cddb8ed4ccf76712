using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>xᵖ. Whole p up to 64 in size are multiplied out and take any x; for others x must not be negative (NaN).</summary>
    public Tensor Pow(double p) => Map(new PowFormula(p));

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
            if (n > 64 || n != (p < 0 ? -p : p)) return V.Exp(V.Of(p) * V.Log(x));
            var y = V.Of(1);                                    // x to the n by repeated squaring
            for (var square = x; n > 0; n /= 2, square *= square)
                if (n % 2 == 1) y *= square;
            return p < 0 ? V.Of(1) / y : y;
        }
    }

    static Case[] PowCases =>
    [
        Case.Of(x => x.Pow(2), [3, 5]),
        Case.Of(x => x.Pow(3), [7]),
        Case.Of(x => x.Pow(-1), Input.Within(0.5, 2, [7])),
        Case.Of(x => x.Pow(0.5), Input.Within(0.5, 2, [7])),
        Case.Of(x => x.Pow(-1.7), Input.Within(0.5, 2, [7])),
    ];
}
