using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>x, for x ≤ 0 α(eˣ − 1) (Clevert et al. 2015).</summary>
    public Tensor Elu(double alpha = 1) => Map(new EluFormula(alpha, 1, 1));

    /// <summary>x, for x ≤ 0 α(e^(x/α) − 1), whose slope is continuous (Barron 2017).</summary>
    public Tensor Celu(double alpha = 1) => alpha != 0 ? Map(new EluFormula(alpha, 1, 1 / alpha))
        : throw new ArgumentException("Celu: alpha is 0; it divides x");

    /// <summary>γ x, for x ≤ 0 γ α(eˣ − 1); the default α and γ keep mean 0 and variance 1 (Klambauer et al. 2017).</summary>
    public Tensor Selu(double alpha = 1.6732632423543772848, double gamma = 1.0507009873554804934) => Map(new EluFormula(alpha, gamma, 1));

    /// <summary>x, for x ≤ 0 slope · x (Maas et al. 2013).</summary>
    public Tensor LeakyRelu(double slope = 0.01) => Map(new LeakyReluFormula(slope));

    /// <summary>x, for x ≤ 0 w x, with a learned w (He et al. 2015) that stretches to x's shape.</summary>
    public Tensor Prelu(Tensor weight)
    {
        if (Shape.Broadcast(weight.Shape, Shape, "Prelu") != Shape)
            throw new ArgumentException($"Prelu: the weight {weight.Shape} does not stretch to {Shape}");
        return Zip<PreluFormula>(this, weight);
    }

    /// <summary>min(max(x, low), high) with slope 0 at both bounds, where <see cref="Clamp"/> has 1.</summary>
    public Tensor Hardtanh(double low = -1, double high = 1) => low <= high ? Map(new HardtanhFormula(low, high))
        : throw new ArgumentException($"Hardtanh: the lower bound {low} exceeds the upper bound {high}");

    /// <summary>min(max(x, 0), 6) (Howard et al. 2017)</summary>
    public Tensor Relu6() => Map(new HardtanhFormula(0, 6));

    /// <summary>min(max(αx + β, 0), 1): straight lines for a sigmoid (Courbariaux et al. 2015).</summary>
    public Tensor Hardsigmoid(double alpha = 1 / 6.0, double beta = 0.5) => Map(new HardsigmoidFormula(alpha, beta));

    /// <summary>x min(max(x + 3, 0), 6)/6 (Howard et al. 2019)</summary>
    public Tensor Hardswish() => Map<HardswishFormula>();

    /// <summary>x, and 0 from −λ to λ.</summary>
    public Tensor Hardshrink(double lambda = 0.5) => Map(new HardshrinkFormula(lambda));

    /// <summary>x moved towards 0 by λ, and 0 from −λ to λ.</summary>
    public Tensor Softshrink(double lambda = 0.5) => Shrink(lambda, lambda);

    /// <summary>x moved towards 0 by the bias where |x| exceeds λ, else 0.</summary>
    public Tensor Shrink(double lambda, double bias) => Map(new ShrinkFormula(lambda, bias));

    /// <summary>x − tanh x</summary>
    public Tensor Tanhshrink() => Map<TanhshrinkFormula>();

    /// <summary>x where it exceeds the threshold, else the value.</summary>
    public Tensor Threshold(double threshold, double value) => Map(new ThresholdFormula(threshold, value));

    /// <summary>log(1 + e^βx)/β, and x where βx exceeds the threshold (Dugas et al. 2001).</summary>
    public Tensor Softplus(double beta = 1, double threshold = 20) => beta != 0 ? Map(new SoftplusFormula(beta, threshold))
        : throw new ArgumentException("Softplus: beta is 0; it divides the result");

    /// <summary>log σ(x) = −log(1 + e⁻ˣ)</summary>
    public Tensor LogSigmoid() => Map<LogSigmoidFormula>();

    /// <summary>x/(1 + |x|)</summary>
    public Tensor Softsign() => Map<SoftsignFormula>();

    /// <summary>x tanh(log(1 + eˣ)) (Misra 2019)</summary>
    public Tensor Mish() => Map<MishFormula>();

    /// <summary>a σ(b), a and b the halves along an axis (Dauphin et al. 2017): size 2n to n.</summary>
    public Tensor Glu(int axis = -1)
    {
        int at = axis < 0 ? axis + Rank : axis;
        if (at < 0 || at >= Rank) throw new ArgumentException($"Glu: the shape {Shape} has no axis {axis}");
        int half = Shape[at] / 2;
        if (Shape[at] != 2 * half)
            throw new ArgumentException($"Glu: axis {axis} of {Shape} has the odd size {Shape[at]}; it is cut into two halves");
        return Slice(at, 0, half) * Slice(at, half, half).Sigmoid();
    }

    // x ≤ 0 ? low : high, and high where x is NaN
    static V IfPositive<V>(V x, V high, V low) where V : struct, ILane<V> => V.IfLess(x, V.Of(0), low, V.IfEqual(x, V.Of(0), low, high));

    // x > 0 ? γ x : γ α (e^κx − 1)
    readonly struct EluFormula(double alpha, double gamma, double kappa) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> =>
            IfPositive(x, V.Of(gamma) * x, V.Of(gamma * alpha) * Elementary.Expm1(V.Of(kappa) * x));

        public V Slope<V>(V x, V y) where V : struct, ILane<V> =>
            IfPositive(x, V.Of(gamma), V.Of(gamma * alpha * kappa) * V.Exp(V.Of(kappa) * x));
    }

    readonly struct LeakyReluFormula(double slope) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.IfLess(V.Of(0), x, x, V.Of(slope) * x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.IfLess(V.Of(0), x, V.Of(1), V.Of(slope));
    }

    readonly struct PreluFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.IfLess(V.Of(0), a, a, b * a);
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => V.IfLess(V.Of(0), a, V.Of(1), b);
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => V.IfLess(V.Of(0), a, V.Of(0), a);
    }

    readonly struct HardtanhFormula(double low, double high) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Min(V.Max(x, V.Of(low)), V.Of(high));

        // 0 up to low and from high on; 1 where x is NaN
        public V Slope<V>(V x, V y) where V : struct, ILane<V> =>
            IfPositive(x - V.Of(low), IfPositive(V.Of(high) - x, V.Of(1), V.Of(0)), V.Of(0));
    }

    readonly struct HardsigmoidFormula(double alpha, double beta) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Min(V.Max(V.Of(alpha) * x + V.Of(beta), V.Of(0)), V.Of(1));

        // α strictly between the bounds
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.IfLess(V.Of(0), y, V.IfLess(y, V.Of(1), V.Of(alpha), V.Of(0)), V.Of(0));
    }

    readonly struct HardswishFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x * V.Min(V.Max(x + V.Of(3), V.Of(0)), V.Of(6)) / V.Of(6);

        // (2x + 3)/6 from −3 to 3
        public V Slope<V>(V x, V y) where V : struct, ILane<V> =>
            V.IfLess(x, V.Of(-3), V.Of(0), V.IfLess(x, V.Of(3), x / V.Of(3) + V.Of(0.5), V.IfEqual(x, V.Of(3), V.Of(1.5), V.Of(1))));
    }

    readonly struct HardshrinkFormula(double lambda) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => IfPositive(V.Abs(x) - V.Of(lambda), x, V.Of(0));
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => IfPositive(V.Abs(x) - V.Of(lambda), V.Of(1), V.Of(0));
    }

    // a NaN is 0, with slope 1
    readonly struct ShrinkFormula(double lambda, double bias) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> =>
            V.IfLess(V.Of(lambda), x, x - V.Of(bias), V.IfLess(x, V.Of(-lambda), x + V.Of(bias), V.Of(0)));

        public V Slope<V>(V x, V y) where V : struct, ILane<V> => IfPositive(V.Abs(x) - V.Of(lambda), V.Of(1), V.Of(0));
    }

    // up to 1 by tanh x = x/(1 + c), c = z/(3 + z/(5 + z/(7 + …))), z = x², whence x − tanh x = x c/(1 + c) loses no digits
    readonly struct TanhshrinkFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V>
        {
            V z = x * x, c = z / (V.Of(17) + z / V.Of(19));
            c = z / (V.Of(13) + z / (V.Of(15) + c));
            c = z / (V.Of(9) + z / (V.Of(11) + c));
            c = z / (V.Of(5) + z / (V.Of(7) + c));
            c = z / (V.Of(3) + c);
            return V.IfLess(z, V.Of(1), x * c / (V.Of(1) + c), x - V.Tanh(x));
        }

        // tanh² x
        public V Slope<V>(V x, V y) where V : struct, ILane<V> { var t = V.Tanh(x); return t * t; }
    }

    readonly struct ThresholdFormula(double threshold, double value) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => IfPositive(x - V.Of(threshold), x, V.Of(value));
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => IfPositive(x - V.Of(threshold), V.Of(1), V.Of(0));
    }

    // with z = βx: max(z, 0) + log(1 + e^−|z|), over β
    readonly struct SoftplusFormula(double beta, double threshold) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V>
        {
            var z = V.Of(beta) * x;
            return V.IfLess(V.Of(threshold), z, x, (V.Max(z, V.Of(0)) + Elementary.Log1p(V.Exp(-V.Abs(z)))) / V.Of(beta));
        }

        // σ(z)
        public V Slope<V>(V x, V y) where V : struct, ILane<V>
        {
            var z = V.Of(beta) * x;
            return V.IfLess(V.Of(threshold), z, V.Of(1), V.Sigmoid(z));
        }
    }

    readonly struct LogSigmoidFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Min(x, V.Of(0)) - Elementary.Log1p(V.Exp(-V.Abs(x)));

        // σ(−x)
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1) / (V.Of(1) + V.Exp(x));
    }

    readonly struct SoftsignFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x / (V.Of(1) + V.Abs(x));

        // 1/(1 + |x|)²
        public V Slope<V>(V x, V y) where V : struct, ILane<V> { var d = V.Of(1) + V.Abs(x); return V.Of(1) / d / d; }
    }

    // with m = e^−|x|: tanh(log(1 + eˣ)) = n/d, n = 1 + 2m, d = n + 2m² for x ≥ 0; n = m² + 2m, d = n + 2 below
    readonly struct MishFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x * Tanh(x, V.Exp(-V.Abs(x)));

        // t + x (1 − t²) σ(x), where (1 − t²) σ(x) = 4m²(1 + m)/d² or 4m(1 + m)/d²
        public V Slope<V>(V x, V y) where V : struct, ILane<V>
        {
            V m = V.Exp(-V.Abs(x)), d = Denominator(x, m), bend = V.Of(4) * m * (V.Of(1) + m) / d / d;
            return Tanh(x, m) + x * V.IfLess(x, V.Of(0), bend, m * bend);
        }

        static V Tanh<V>(V x, V m) where V : struct, ILane<V> =>
            V.IfLess(x, V.Of(0), m * (m + V.Of(2)), V.Of(1) + V.Of(2) * m) / Denominator(x, m);

        static V Denominator<V>(V x, V m) where V : struct, ILane<V> =>
            V.IfLess(x, V.Of(0), m * (m + V.Of(2)) + V.Of(2), V.Of(1) + V.Of(2) * m * (V.Of(1) + m));
    }

    static Case[] ActivationsCases =>
    [
        Case.Of(x => x.Elu(), [3, 17]),
        Case.Of(x => x.Elu(0.5), [7]),
        Case.Of(x => x.Celu(2), [3, 5]),
        Case.Of(x => x.Selu(), [3, 17]),
        Case.Of(x => x.LeakyRelu(), [3, 5]),
        Case.Of((x, w) => x.Prelu(w), [2, 3, 4], [3, 1]),
        Case.Of(x => x.Hardtanh(-0.5, 1), [3, 5]),
        Case.Of(x => x.Hardtanh(-0.5, 1), Input.Within(-0.52, -0.48, [40])),     // near a bend
        Case.Of(x => x.Hardtanh(-0.5, 1), Input.Within(0.97, 1.03, [40])),
        Case.Of(x => (3 * x).Relu6(), [3, 5]),
        Case.Of(x => (2 * x).Hardsigmoid(), [3, 5]),
        Case.Of(x => x.Hardsigmoid(0.4, 0.6), [7]),
        Case.Of(x => (2 * x).Hardswish(), [3, 5]),
        Case.Of(x => x.Hardshrink(), [3, 5]),
        Case.Of(x => x.Softshrink(), [3, 5]),
        Case.Of(x => x.Hardshrink() + x.Softshrink(), Input.Within(0.48, 0.52, [40])),
        Case.Of(x => x.Shrink(0.7, 0.2), [7]),
        Case.Of(x => x.Tanhshrink(), [3, 5]),
        Case.Of(x => x.Threshold(0.25, -7), [3, 5]),
        Case.Of(x => x.Threshold(0.25, -7), Input.Within(0.24, 0.26, [40])),
        Case.Of(x => x.Softplus(), [3, 17]),
        Case.Of(x => x.Softplus(2, 3), [7]),
        Case.Of(x => x.LogSigmoid(), [3, 17]),
        Case.Of(x => x.Softsign(), [3, 5]),
        Case.Of(x => x.Mish(), [3, 17]),
        Case.Of(x => x.Glu(), [3, 8]),
        Case.Of(x => x.Glu(0), [4, 5]),
    ];
}
