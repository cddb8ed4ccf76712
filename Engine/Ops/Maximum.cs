using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>The larger of the two, number by number; NaN if either is; a tie shares the gradient half and half.</summary>
    public Tensor Maximum(Tensor b) => Zip<MaximumFormula>(this, b);

    /// <summary>The smaller of the two, number by number; NaN if either is; a tie shares the gradient half and half.</summary>
    public Tensor Minimum(Tensor b) => Zip<MinimumFormula>(this, b);

    readonly struct MaximumFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.Max(a, b);
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => Above(a, b);
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => Above(b, a);
    }

    readonly struct MinimumFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.Min(a, b);
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => Above(b, a);
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => Above(a, b);
    }

    // a < b: 0, a = b: ½, else 1, as where either is NaN
    static V Above<V>(V a, V b) where V : struct, ILane<V> => V.IfLess(a, b, V.Of(0), V.IfEqual(a, b, V.Of(0.5), V.Of(1)));

    static Case[] MaximumCases => [Case.Of((a, b) => a.Maximum(b), [3, 5], [5]), Case.Of((a, b) => a.Minimum(b), [3, 1], [3, 5])];
}
