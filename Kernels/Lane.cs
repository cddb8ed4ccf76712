using System.Numerics;

namespace NanoAttention.Kernels;

/// <summary>
/// A number as a formula sees it: a SIMD register on the CPU, one float on the GPU, or a <see cref="Dual{V}"/> of either.
/// A formula written once over <see cref="ILane{V}"/> compiles to each of them.
/// </summary>
public interface ILane<V> : IAdditionOperators<V, V, V>, ISubtractionOperators<V, V, V>, IMultiplyOperators<V, V, V>,
    IDivisionOperators<V, V, V>, IUnaryNegationOperators<V, V> where V : struct, ILane<V>
{
    /// <summary>The constant <paramref name="c"/>, rounded to the lane's precision.</summary>
    static abstract V Of(double c);

    static abstract V Abs(V x);
    static abstract V Sqrt(V x);
    static abstract V Exp(V x);
    static abstract V Log(V x);
    static abstract V Sin(V x);
    static abstract V Cos(V x);
    static abstract V Tanh(V x);

    /// <summary>σ(x) = 1/(1 + e⁻ˣ)</summary>
    static abstract V Sigmoid(V x);

    /// <summary>erf x = 2/√π ∫₀ˣ exp(−t²) dt.</summary>
    static abstract V Erf(V x);

    /// <summary>xʸ; NaN for x &lt; 0 unless y is whole; 1 for y = 0 and for x = 1, whatever the other.</summary>
    static abstract V Pow(V x, V y);

    /// <summary>The remainder x − y trunc(x/y), exactly; it has the sign of x.</summary>
    static abstract V Rem(V x, V y);

    /// <summary>The larger; NaN if either is NaN.</summary>
    static abstract V Max(V x, V y);

    /// <summary>The smaller; NaN if either is NaN.</summary>
    static abstract V Min(V x, V y);

    /// <summary>The largest integer not above x.</summary>
    static abstract V Floor(V x);

    /// <summary>x &lt; y ? then : otherwise, number by number; false where either is NaN.</summary>
    static abstract V IfLess(V x, V y, V then, V otherwise);

    /// <summary>x = y ? then : otherwise, number by number; false where either is NaN.</summary>
    static abstract V IfEqual(V x, V y, V then, V otherwise);
}

/// <summary>y = f(x), with its slope f′ in terms of both x and y. Fields, if any, are the formula's parameters.</summary>
public interface IUnary
{
    V Apply<V>(V x) where V : struct, ILane<V>;
    V Slope<V>(V x, V y) where V : struct, ILane<V>;
}

/// <summary>y = f(a, b).</summary>
public interface IBinaryFunction
{
    V Apply<V>(V a, V b) where V : struct, ILane<V>;
}

/// <summary>y = f(a, b), with its partial derivatives in terms of a, b and y.</summary>
public interface IBinary : IBinaryFunction
{
    V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V>;
    V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V>;
}
