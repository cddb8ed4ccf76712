using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>ln(1 + x), exact near 0; −∞ at −1, NaN below.</summary>
    public Tensor Log1p() => Map<Log1pFormula>();

    /// <summary>The logarithm to base 2.</summary>
    public Tensor Log2() => Map<Log2Formula>();

    /// <summary>The logarithm to base 10.</summary>
    public Tensor Log10() => Map<Log10Formula>();

    /// <summary>eˣ − 1, exact near 0.</summary>
    public Tensor Expm1() => Map<Expm1Formula>();

    /// <summary>2ˣ</summary>
    public Tensor Exp2() => Map<Exp2Formula>();

    /// <summary>log(x/(1 − x)), the inverse of <see cref="Sigmoid"/>; NaN outside [0, 1].</summary>
    public Tensor Logit() => Map<LogitFormula>();

    /// <summary>The same of x kept within [ε, 1 − ε]; slope 0 outside.</summary>
    public Tensor Logit(double epsilon) => Clamp(epsilon, 1 - epsilon).Logit();

    /// <summary>log(eᵃ + eᵇ) = max + log(1 + e^−|a − b|), without overflow.</summary>
    public Tensor LogAddExp(Tensor b) => Zip<LogAddExpFormula>(this, b);

    /// <summary>log₂(2ᵃ + 2ᵇ), without overflow.</summary>
    public Tensor LogAddExp2(Tensor b) => Zip<LogAddExp2Formula>(this, b);

    /// <summary>a log b, and 0 where a = 0 unless b is NaN.</summary>
    public Tensor Xlogy(Tensor b) => Zip<XlogyFormula>(this, b);

    const double Ln2 = 0.69314718055994530942, Ln10 = 2.3025850929940456840;

    readonly struct Log1pFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Log1p(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1) / (V.Of(1) + x);
    }

    readonly struct Log2Formula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Log(x) / V.Of(Ln2);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1 / Ln2) / x;
    }

    readonly struct Log10Formula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Log(x) / V.Of(Ln10);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1 / Ln10) / x;
    }

    readonly struct Expm1Formula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Expm1(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Exp(x);
    }

    readonly struct Exp2Formula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Exp2(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(Ln2) * y;
    }

    // near ½, where x/(1 − x) is near 1, log(1 + (2x − 1)/(1 − x)): 2x − 1 is exact
    readonly struct LogitFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V>
        {
            V rest = V.Of(1) - x, twice = x + x - V.Of(1);
            return V.IfLess(V.Abs(twice), V.Of(0.5), Elementary.Log1p(twice / rest), V.Log(x / rest));
        }

        // 1/(x (1 − x)) in [0, 1]
        public V Slope<V>(V x, V y) where V : struct, ILane<V>
        {
            V nan = V.Of(double.NaN), slope = V.Of(1) / (x * (V.Of(1) - x));
            return V.IfLess(x, V.Of(0), nan, V.IfLess(V.Of(1), x, nan, slope));
        }
    }

    readonly struct LogAddExpFormula : IBinary
    {
        // a = b first: ∞ − ∞ is NaN
        public V Apply<V>(V a, V b) where V : struct, ILane<V> =>
            V.IfEqual(a, b, a + V.Of(Ln2), V.Max(a, b) + Elementary.Log1p(V.Exp(-V.Abs(a - b))));

        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => Share(a - b, V.Exp(a - b), V.Exp(b - a));
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => Share(b - a, V.Exp(b - a), V.Exp(a - b));
    }

    readonly struct LogAddExp2Formula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> =>
            V.IfEqual(a, b, a + V.Of(1), V.Max(a, b) + Elementary.Log1p(Elementary.Exp2(-V.Abs(a - b))) / V.Of(Ln2));

        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => Share(a - b, Elementary.Exp2(a - b), Elementary.Exp2(b - a));
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => Share(b - a, Elementary.Exp2(b - a), Elementary.Exp2(a - b));
    }

    // σ(d) from its two powers p = eᵈ and q = e⁻ᵈ: by the one that does not overflow, so that its own slope is finite too
    static V Share<V>(V d, V p, V q) where V : struct, ILane<V> => V.IfLess(d, V.Of(0), p / (V.Of(1) + p), V.Of(1) / (V.Of(1) + q));

    readonly struct XlogyFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.IfEqual(a, V.Of(0), V.IfEqual(b, b, V.Of(0), b), a * V.Log(b));

        // log b, 0 where a = 0 and b ≤ 0
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V>
        {
            V zero = V.Of(0), log = V.Log(b);
            return V.IfEqual(a, zero, V.IfLess(b, zero, zero, V.IfEqual(b, zero, zero, log)), log);
        }

        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => a / b;
    }

    static Case[] LogarithmCases =>
    [
        Case.Of(x => x.Log1p(), Input.Within(-0.9, 3, [3, 17])),
        Case.Of(x => x.Log1p(), Input.Within(1e-4, 1e-3, [7])),
        Case.Of(x => x.Log2() + x.Log10(), Input.Within(0.3, 3, [3, 5])),
        Case.Of(x => x.Expm1(), [3, 17]),
        Case.Of(x => x.Exp2(), [3, 5]),
        Case.Of(x => x.Logit(), Input.Within(0.05, 0.95, [3, 17])),
        Case.Of(x => x.Logit(0.1), Input.Within(0, 1, [7])),
        Case.Of((a, b) => a.LogAddExp(b), [3, 5], [5]),
        Case.Of((a, b) => (a + 1000).LogAddExp(b), [3, 5], [5]),
        Case.Of((a, b) => a.LogAddExp(b + 1000), [3, 5], [5]),
        Case.Of((a, b) => a.LogAddExp2(b + 2000), [3, 5], [5]),
        Case.Of((a, b) => (a + 2000).LogAddExp2(b), [3, 5], [5]),
        Case.Of((a, b) => a.LogAddExp2(b), [3, 1], [3, 5]),
        Case.Of((a, b) => a.Xlogy(b), [3, 5], Input.Within(0.3, 3, [3, 1])),
        Case.Of((a, b) => a.Xlogy(b), Input.Within(0, 0, [3]), Input.Within(0.3, 3, [3])),
    ];
}
