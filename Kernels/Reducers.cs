using NanoAttention.Kernels.Cpu;

namespace NanoAttention.Kernels;

/// <summary>An associative fold of many numbers into one.</summary>
public interface IReducer
{
    /// <summary>The fold of nothing.</summary>
    double Identity { get; }

    /// <summary>What a number contributes to the fold.</summary>
    V Term<V>(V x) where V : struct, ILane<V>;

    V Combine<V>(V a, V b) where V : struct, ILane<V>;

    /// <summary>The fold of a register's numbers.</summary>
    T Across<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged;
}

/// <summary>Σ x.</summary>
public readonly struct Sum : IReducer
{
    public double Identity => 0;
    public V Term<V>(V x) where V : struct, ILane<V> => x;
    public V Combine<V>(V a, V b) where V : struct, ILane<V> => a + b;
    public T Across<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => V.Sum(x);
}

/// <summary>Σ x².</summary>
public readonly struct SumOfSquares : IReducer
{
    public double Identity => 0;
    public V Term<V>(V x) where V : struct, ILane<V> => x * x;
    public V Combine<V>(V a, V b) where V : struct, ILane<V> => a + b;
    public T Across<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => V.Sum(x);
}

/// <summary>Π x.</summary>
public readonly struct Prod : IReducer
{
    public double Identity => 1;
    public V Term<V>(V x) where V : struct, ILane<V> => x;
    public V Combine<V>(V a, V b) where V : struct, ILane<V> => a * b;

    public unsafe T Across<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged
    {
        var numbers = stackalloc T[V.Count];
        V.Store(x, new(numbers, V.Count), 0);
        double product = 1;
        for (int i = 0; i < V.Count; i++) product *= Number.Double(numbers[i]);
        return Number.Of<T>(product);
    }
}

/// <summary>The largest; NaN if any is NaN.</summary>
public readonly struct Max : IReducer
{
    public double Identity => double.NegativeInfinity;
    public V Term<V>(V x) where V : struct, ILane<V> => x;
    public V Combine<V>(V a, V b) where V : struct, ILane<V> => V.Max(a, b);
    public T Across<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => V.Largest(x);
}

/// <summary>The smallest; NaN if any is NaN.</summary>
public readonly struct Min : IReducer
{
    public double Identity => double.PositiveInfinity;
    public V Term<V>(V x) where V : struct, ILane<V> => x;
    public V Combine<V>(V a, V b) where V : struct, ILane<V> => V.Min(a, b);
    public T Across<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => Number.Of<T>(-Number.Double(V.Largest(-x)));
}

/// <summary>The fold of folds: what R does to numbers that are themselves its results.</summary>
public readonly struct Merge<R>(R r) : IReducer where R : struct, IReducer
{
    public double Identity => r.Identity;
    public V Term<V>(V x) where V : struct, ILane<V> => x;
    public V Combine<V>(V a, V b) where V : struct, ILane<V> => r.Combine(a, b);
    public T Across<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => r.Across<V, T>(x);
}
