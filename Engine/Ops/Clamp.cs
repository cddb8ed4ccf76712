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

        public V Slope<V>(V x, V y) where V : struct, ILane<V> =>
            V.IfLess(x, V.Of(low), V.Of(0), V.IfLess(V.Of(high), x, V.Of(0), V.Of(1)));
    }

    static Case[] ClampCases => [Case.Of(x => x.Clamp(-1, 1.5), [3, 17]), Case.Of(x => x.Clamp(high: 0.5), [7])];
}
