using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>⌊x⌋, the largest whole number not above x; slope 0, as all of rounding.</summary>
    public Tensor Floor() => Map<FloorFormula>();

    /// <summary>⌈x⌉, the smallest whole number not below x.</summary>
    public Tensor Ceil() => Map<CeilFormula>();

    /// <summary>x cut towards 0 to a whole number.</summary>
    public Tensor Trunc() => Map<TruncFormula>();

    /// <summary>The nearest whole number, the even one of two.</summary>
    public Tensor Round() => Map<RoundFormula>();

    /// <summary>x rounded to so many places behind the point; before it, where negative.</summary>
    public Tensor Round(int decimals)
    {
        double scale = Math.Pow(10, Math.Abs((double)decimals));
        return decimals < 0 ? (this / scale).Round() * scale : (this * scale).Round() / scale;
    }

    /// <summary>x − trunc x, with the sign of x and slope 1.</summary>
    public Tensor Frac() => Map<FracFormula>();

    /// <summary>−1, 0 or 1 as x is negative, zero (or NaN) or positive.</summary>
    public Tensor Sign() => Map<SignFormula>();

    readonly struct FloorFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Floor(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct CeilFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => -V.Floor(-x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct TruncFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Truncate(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct RoundFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Round(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct FracFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x - Elementary.Truncate(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1);
    }

    readonly struct SignFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.IfLess(x, V.Of(0), V.Of(-1), V.IfLess(V.Of(0), x, V.Of(1), V.Of(0)));
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    static Case[] RoundingCases =>
    [
        Case.Of(x => x.Floor() * x + x.Ceil(), [3, 17]),
        Case.Of(x => x.Trunc() * x, [7]),
        Case.Of(x => x.Round() * x, [3, 5]),
        Case.Of(x => x.Round(1) * x, [7]),
        Case.Of(x => x.Frac(), [3, 5]),
        Case.Of(x => x.Sign() * x, [7]),
    ];
}
