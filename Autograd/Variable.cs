namespace NanoAttention;

/// <summary>
/// A value that remembers how it was computed. Reverse mode needs nothing else, so one pass serves
/// <see cref="Scalar"/>, tensors and whatever else implements this.
/// </summary>
public interface IVariable<T> where T : class, IVariable<T>
{
    /// <summary>The operation that made this value, or the leaf's own node; null where no gradient is wanted.</summary>
    Node<T>? Source { get; set; }

    /// <summary>On a leaf: the sum of the gradients of every backward pass since it was last cleared.</summary>
    T? Grad { get; set; }

    /// <summary>The numbers themselves, writable, in double precision; gradient checking nudges them one by one.</summary>
    Span<double> Elements { get; }

    /// <summary>What a report calls element i: [i]; nothing where it is the only one.</summary>
    string Place(int i) => Elements.Length == 1 ? "" : $"[{i}]";

    static abstract T operator +(T a, T b);

    /// <summary>this += <paramref name="more"/>, unrecorded, in memory that this value alone owns.</summary>
    void Accumulate(T more);

    /// <summary>The same numbers in memory of their own, without history.</summary>
    T Copy();

    /// <summary>The seed dL/dL = 1. Throws where <paramref name="root"/> is not a single number.</summary>
    static abstract T One(T root);

    /// <summary>Throws where <paramref name="gradient"/>, returned by the pullback of <paramref name="op"/>, does not fit this value.</summary>
    void CheckGradient(T gradient, string op);
}
