namespace NanoAttention.Kernels.Cpu;

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

    /// <summary>x[i], …, x[i + count − 1], the rest filled with <paramref name="fill"/>; 0 &lt; count ≤ Count.</summary>
    static abstract V LoadPart(View<T> x, int i, int count, T fill);

    static abstract void StorePart(V v, View<T> x, int i, int count);

    /// <summary>The first <paramref name="count"/> numbers, or all if there are fewer; 0 behind them.</summary>
    static abstract V Head(V x, int count);

    /// <summary>a b + c, rounded once where the hardware can.</summary>
    static abstract V MulAdd(V a, V b, V c);

    /// <summary>The larger, or any number where either is NaN: one instruction, where Max takes several.</summary>
    static abstract V Larger(V x, V y);

    /// <summary>The sum of the register's numbers.</summary>
    static abstract T Sum(V x);

    /// <summary>The largest of the register's numbers; NaN if any is NaN.</summary>
    static abstract T Largest(V x);

    /// <summary>The same by <see cref="Larger"/>: any number if one is NaN.</summary>
    static abstract T Peak(V x);
}
