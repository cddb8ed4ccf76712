using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>tan x = sin x/cos x, x in radians.</summary>
    public Tensor Tan() => Map<TanFormula>();

    /// <summary>The angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1].</summary>
    public Tensor Asin() => Map<AsinFormula>();

    /// <summary>The angle in [0, π] whose cosine is x; NaN outside [−1, 1].</summary>
    public Tensor Acos() => Map<AcosFormula>();

    /// <summary>The angle in [−π/2, π/2] whose tangent is x.</summary>
    public Tensor Atan() => Map<AtanFormula>();

    /// <summary>The angle in (−π, π] of the point with this ordinate and the given abscissa.</summary>
    public Tensor Atan2(Tensor x) => Zip<Atan2Formula>(this, x);

    /// <summary>√(a² + b²), without overflow.</summary>
    public Tensor Hypot(Tensor b) => Zip<HypotFormula>(this, b);

    /// <summary>sin πx/(πx), 1 at 0.</summary>
    public Tensor Sinc() => Map<SincFormula>();

    /// <summary>Degrees as radians.</summary>
    public Tensor Deg2Rad() => this * (Math.PI / 180);

    /// <summary>Radians as degrees.</summary>
    public Tensor Rad2Deg() => this * (180 / Math.PI);

    readonly struct TanFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Sin(x) / V.Cos(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1) + y * y;
    }

    readonly struct AsinFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Asin(x);

        // 1/√(1 − x²)
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1) / V.Sqrt((V.Of(1) - x) * (V.Of(1) + x));
    }

    readonly struct AcosFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Acos(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(-1) / V.Sqrt((V.Of(1) - x) * (V.Of(1) + x));
    }

    readonly struct AtanFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Atan(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1) / (V.Of(1) + x * x);
    }

    readonly struct Atan2Formula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => Elementary.Atan2(a, b);

        // b/(a² + b²) and −a/(a² + b²)
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> { var h = Elementary.Hypot(a, b); return b / h / h; }
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> { var h = Elementary.Hypot(a, b); return -a / h / h; }
    }

    readonly struct HypotFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => Elementary.Hypot(a, b);
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => a / y;
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => b / y;
    }

    // sin πx by the rest of x from a whole number, whose parity is the sign
    readonly struct SincFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> =>
            V.IfEqual(x, V.Of(0), V.Of(1), Parity(x) * V.Sin(Angle(x)) / (V.Of(Math.PI) * x));

        // (cos πx − y)/x; near 0 its series −π² x/3 (1 − u/10 (1 − u/28 (1 − …/2k(2k + 3)))), u = π² x²
        public V Slope<V>(V x, V y) where V : struct, ILane<V>
        {
            V one = V.Of(1), p = V.Of(Math.PI) * x, u = p * p;
            var series = one - u * V.Of(1 / 304.0);
            series = one - u * V.Of(1 / 238.0) * series;
            series = one - u * V.Of(1 / 180.0) * series;
            series = one - u * V.Of(1 / 130.0) * series;
            series = one - u * V.Of(1 / 88.0) * series;
            series = one - u * V.Of(1 / 54.0) * series;
            series = one - u * V.Of(1 / 28.0) * series;
            series = one - u * V.Of(1 / 10.0) * series;
            return V.IfLess(V.Abs(p), one, V.Of(-Math.PI / 3) * p * series, (Parity(x) * V.Cos(Angle(x)) - y) / x);
        }

        static V Angle<V>(V x) where V : struct, ILane<V> => V.Of(Math.PI) * Elementary.Period(x);

        static V Parity<V>(V x) where V : struct, ILane<V>
        {
            var half = V.Of(0.5) * V.Floor(x + V.Of(0.5));
            return V.IfEqual(half, V.Floor(half), V.Of(1), V.Of(-1));
        }
    }

    static Case[] TrigonometryCases =>
    [
        Case.Of(x => x.Tan(), Input.Within(0.1, 1.4, [3, 17])),
        Case.Of(x => x.Asin() * x.Acos(), Input.Within(-0.95, 0.95, [3, 17])),
        Case.Of(x => x.Atan(), [3, 17]),
        Case.Of((y, x) => y.Atan2(x), [3, 17], Input.Within(0.2, 2, [17])),
        Case.Of((y, x) => y.Atan2(x), Input.Within(0.2, 2, [3, 1]), [3, 5]),
        Case.Of((a, b) => a.Hypot(b), [3, 5], Input.Within(0.2, 2, [3, 1])),
        Case.Of(x => x.Sinc(), [3, 17]),
        Case.Of(x => x.Deg2Rad().Rad2Deg(), [3]),
    ];
}
