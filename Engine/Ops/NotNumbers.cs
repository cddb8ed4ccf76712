using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>Whether each number is NaN, as Bool.</summary>
    public Tensor IsNan() => Compare<IsNanFormula>(this, this, "IsNan");

    /// <summary>Whether each number is neither infinite nor NaN, as Bool.</summary>
    public Tensor IsFinite() => Compare<IsFiniteFormula>(this, this, "IsFinite");

    /// <summary>Whether each number is infinite, as Bool; of one sign only if asked.</summary>
    public Tensor IsInf(bool positive = true, bool negative = true) =>
        Compare(this, this, "IsInf", new IsInfFormula(positive ? 1 : 0, negative ? 1 : 0));

    /// <summary>Whether |a − b| ≤ absolute + relative · |b|, as Bool; an infinity is close to itself, and NaN if asked.</summary>
    public Tensor IsClose(Tensor b, double relative = 1e-5, double absolute = 1e-8, bool equalNan = false)
    {
        CheckFloat("IsClose");
        return Compare(this, b, "IsClose", new IsCloseFormula(relative, absolute, equalNan ? 1 : 0));
    }

    /// <summary>x, but these numbers where it is NaN, ∞ and −∞; the largest and smallest finite ones unless given. Slope 0 there.</summary>
    public Tensor NanToNum(double nan = 0, double? positive = null, double? negative = null)
    {
        double largest = DType == DType.F32 ? float.MaxValue : double.MaxValue;
        return Map(new NanToNumFormula(nan, positive ?? largest, negative ?? -largest));
    }

    /// <summary>Σx of the numbers along the given axes that are not NaN.</summary>
    public Tensor NanSum(ReadOnlySpan<int> axes, bool keep = false) => MaskedFill(IsNan(), 0).Sum(axes, keep);

    /// <summary>The mean of the numbers along the given axes that are not NaN; NaN of nothing.</summary>
    public Tensor NanMean(ReadOnlySpan<int> axes, bool keep = false) => NanSum(axes, keep) / (!Detach().IsNan()).To(DType).Sum(axes, keep);

    /// <summary>The larger of the two, and the other where one is NaN; of equal ones the gradient goes to the first.</summary>
    public Tensor Fmax(Tensor b) => Zip<FmaxFormula>(this, b);

    /// <summary>The smaller of the two, and the other where one is NaN; of equal ones the gradient goes to the first.</summary>
    public Tensor Fmin(Tensor b) => Zip<FminFormula>(this, b);

    readonly struct IsNanFormula : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.IfEqual(a, a, V.Of(0), V.Of(1));
    }

    // a − a = 0
    readonly struct IsFiniteFormula : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.IfEqual(a - a, V.Of(0), V.Of(1), V.Of(0));
    }

    // a = a, but a − a ≠ 0
    readonly struct IsInfFormula(double positive, double negative) : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V>
        {
            var infinite = V.IfLess(a, V.Of(0), V.Of(negative), V.Of(positive));
            return V.IfEqual(a, a, V.IfEqual(a - a, V.Of(0), V.Of(0), infinite), V.Of(0));
        }
    }

    readonly struct IsCloseFormula(double relative, double absolute, double equalNan) : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V>
        {
            V no = V.Of(0), yes = V.Of(1), away = V.Abs(a - b), allowed = V.Of(absolute) + V.Abs(V.Of(relative) * b);
            var near = V.IfEqual(away - away, no, V.IfLess(allowed, away, no, yes), no);
            var both = V.IfEqual(a, a, no, V.IfEqual(b, b, no, V.Of(equalNan)));
            return V.IfEqual(a, b, yes, V.IfEqual(both, yes, yes, near));
        }
    }

    readonly struct NanToNumFormula(double nan, double positive, double negative) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> =>
            V.IfEqual(x - x, V.Of(0), x, V.IfEqual(x, x, V.IfLess(x, V.Of(0), V.Of(negative), V.Of(positive)), V.Of(nan)));

        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.IfEqual(x - x, V.Of(0), V.Of(1), V.Of(0));
    }

    readonly struct FmaxFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.IfLess(a, b, b, V.IfEqual(a, a, a, b));
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => TakesFirst(b, a, b);
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => V.Of(1) - TakesFirst(b, a, b);
    }

    readonly struct FminFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.IfLess(b, a, b, V.IfEqual(a, a, a, b));
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => TakesFirst(a, b, b);
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => V.Of(1) - TakesFirst(a, b, b);
    }

    // low ≤ high or the second is NaN ? 1 : 0
    static V TakesFirst<V>(V low, V high, V second) where V : struct, ILane<V> =>
        V.IfLess(low, high, V.Of(1), V.IfEqual(low, high, V.Of(1), V.IfEqual(second, second, V.Of(0), V.Of(1))));

    static Case[] NotNumbersCases =>
    [
        Case.Of(x => x.NanSum([0], keep: true), [3, 4]),
        Case.Of(x => x.NanMean([0, 1]), [3, 4]),
        Case.Of(x => x.NanToNum() * x, [3, 5]),
        Case.Of((a, b) => a.Fmax(b), [3, 5], [5]),
        Case.Of((a, b) => a.Fmin(b), [3, 1], [3, 5]),
    ];
}
