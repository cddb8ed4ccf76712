using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>min(max(x, low), high); slope 1 from low to high, both included, 0 outside. Throws where low exceeds high.</summary>
    public Tensor Clamp(double low = double.NegativeInfinity, double high = double.PositiveInfinity) => low <= high
        ? Map(new ClampFormula(low, high))
        : throw new ArgumentException($"Clamp: the lower bound {low} exceeds the upper bound {high}");

    readonly struct ClampFormula(double low, double high) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Min(V.Max(x, V.Of(low)), V.Of(high));

        public V Slope<V>(V x, V y) where V : struct, ILane<V> => AtMost(V.Of(low), x) * AtMost(x, V.Of(high));

        // a ≤ b ? 1 : 0, 0 where either is NaN
        static V AtMost<V>(V a, V b) where V : struct, ILane<V> => V.IfLess(a, b, V.Of(1), V.IfEqual(a, b, V.Of(1), V.Of(0)));
    }

    static Case[] ClampCases => [Case.Of(x => x.Clamp(-1, 1.5), [3, 17]), Case.Of(x => x.Clamp(high: 0.5), [7])];
}
