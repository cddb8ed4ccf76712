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

    /// <summary>erf x = 2/√π ∫₀ˣ exp(−t²) dt.</summary>
    static abstract V Erf(V x);

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

/// <summary>A lane that lives in a CPU register of <see cref="Count"/> numbers of type <typeparamref name="T"/>.</summary>
public interface ISimd<V, T> : ILane<V> where V : struct, ISimd<V, T> where T : unmanaged
{
    /// <summary>How many numbers one register holds.</summary>
    static abstract int Count { get; }

    /// <summary>Every number of the register set to <paramref name="x"/>.</summary>
    static abstract V Broadcast(T x);

    /// <summary>x[i], …, x[i + Count − 1].</summary>
    static abstract V Load(View<T> x, int i);

    static abstract void Store(V v, View<T> x, int i);

    /// <summary>x[i], …, x[i + count − 1], the rest filled with <paramref name="fill"/>; 0 &lt; count &lt; Count.</summary>
    static abstract V LoadPart(View<T> x, int i, int count, T fill);

    static abstract void StorePart(V v, View<T> x, int i, int count);

    /// <summary>a b + c, rounded once where the hardware can.</summary>
    static abstract V MulAdd(V a, V b, V c);

    /// <summary>The sum of the register's numbers.</summary>
    static abstract T Sum(V x);

    /// <summary>The largest of the register's numbers; NaN if any is NaN.</summary>
    static abstract T Largest(V x);
}

/// <summary>y = f(x), with its slope f′ in terms of both x and y. Fields, if any, are the formula's parameters.</summary>
public interface IUnary
{
    V Apply<V>(V x) where V : struct, ILane<V>;
    V Slope<V>(V x, V y) where V : struct, ILane<V>;
}

/// <summary>y = f(a, b), with its partial derivatives in terms of a, b and y.</summary>
public interface IBinary
{
    V Apply<V>(V a, V b) where V : struct, ILane<V>;
    V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V>;
    V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V>;
}
