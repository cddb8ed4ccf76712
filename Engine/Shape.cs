using System.Collections;
using System.Runtime.CompilerServices;

namespace NanoAttention;

/// <summary>The sizes of a tensor's axes: <c>[2, 3, 8]</c> is 2 × 3 × 8 numbers, <c>[]</c> a single one.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>, IEnumerable<int>
{
    readonly int[]? axes;       // the sizes, the strides of row-major order, and how many numbers

    Shape(int[] axes) => this.axes = axes;

    /// <summary>Throws where a size is negative or there are more than 2³¹ − 1 numbers.</summary>
    public static Shape Create(params ReadOnlySpan<int> sizes)
    {
        long count = 1;
        bool empty = false, large = false;
        foreach (int size in sizes)
        {
            if (size < 0) throw new ArgumentException($"Shape: {Text(sizes)} has a negative size");
            empty |= size == 0;
            if (size > 0 && !large) large = (count *= size) > int.MaxValue;
        }
        if (large && !empty) throw new ArgumentException($"Shape: {Text(sizes)} has more than {int.MaxValue} elements");
        var axes = new int[2 * sizes.Length + 1];
        sizes.CopyTo(axes);
        for (int i = sizes.Length - 1, step = 1; i >= 0; i--)
        {
            axes[sizes.Length + i] = step;
            step *= Math.Max(1, sizes[i]);
        }
        axes[^1] = empty ? 0 : (int)count;
        return new(axes);
    }

    /// <summary>How many numbers: the product of the sizes, 1 for a rank of 0.</summary>
    public int Count => axes is null ? 1 : axes[^1];

    /// <summary>How many axes.</summary>
    public int Rank => axes is null ? 0 : axes.Length / 2;

    /// <summary>
    /// The same, as spreads (<c>[.. shape, 3]</c>) and list patterns (<c>shape is [var n, 3]</c>) ask for it; else they took the count of
    /// numbers.
    /// </summary>
    public int Length => Rank;

    public ReadOnlySpan<int> Sizes => axes.AsSpan(0, Rank);

    /// <summary>The size of an axis; <c>shape[^1]</c> is the last one's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis.</exception>
    public int this[Index axis]
    {
        get
        {
            int a = axis.GetOffset(Rank);
            return (uint)a < (uint)Rank ? axes![a] : throw new ArgumentOutOfRangeException(nameof(axis), $"Shape: {this} has no axis [{axis}]");
        }
    }

    /// <summary>The axes of a range: <c>shape[..^1]</c> are all but the last.</summary>
    public Shape this[Range axes] => Create(Sizes[axes]);

    /// <summary>An axis counted from the front, given one counted from either end (−1 is the last). Throws where there is none.</summary>
    public int Axis(int axis, [CallerMemberName] string op = "")
    {
        int a = axis < 0 ? axis + Rank : axis;
        return (uint)a < (uint)Rank ? a
            : throw new ArgumentOutOfRangeException(nameof(axis), $"{op}: {this} has no axis {axis} (axes run from {-Rank} to {Rank - 1})");
    }

    /// <summary>The same shape with another size along one axis.</summary>
    public Shape With(int axis, int size)
    {
        int[] changed = Sizes.ToArray();
        changed[Axis(axis)] = size;
        return Create(changed);
    }

    /// <summary>Without one axis.</summary>
    public Shape Without(int axis)
    {
        int a = Axis(axis);
        return Create([.. Sizes[..a], .. Sizes[(a + 1)..]]);
    }

    /// <summary>With an axis of the given size before the given place (Rank: behind the last).</summary>
    public Shape Insert(int axis, int size) => (uint)axis <= (uint)Rank ? Create([.. Sizes[..axis], size, .. Sizes[axis..]])
        : throw new ArgumentOutOfRangeException(nameof(axis), $"Insert: {this} has no place {axis} for an axis (places run from 0 to {Rank})");

    /// <summary>
    /// The shape that both stretch to: aligned at the last axis, sizes are equal or one of them is 1 (NumPy's rule).
    /// </summary>
    public static Shape Broadcast(Shape a, Shape b, [CallerMemberName] string op = "")
    {
        if (a.Equals(b)) return a;
        int rank = Math.Max(a.Rank, b.Rank);
        Span<int> sizes = stackalloc int[rank];
        for (int i = 1; i <= rank; i++)
        {
            int x = i <= a.Rank ? a[^i] : 1, y = i <= b.Rank ? b[^i] : 1;
            sizes[^i] = x == y || y == 1 ? x : x == 1 ? y
                : throw new ArgumentException($"{op}: {a} and {b} do not broadcast: counted from the right, axis {i} has sizes {x} and {y}, which must be equal or 1");
        }
        return Create(sizes);
    }

    /// <summary>An array for as many numbers. Throws where they are more than a tensor holds.</summary>
    internal T[] Numbers<T>(string op) where T : unmanaged =>
        (long)Count * Unsafe.SizeOf<T>() <= Array.MaxLength ? new T[Count] : throw new ArgumentException($"{op}: {this} takes {(long)Count * Unsafe.SizeOf<T>():N0} bytes; one tensor holds at most 2 GiB");

    /// <summary>The strides of row-major order: how many numbers a step along each axis skips.</summary>
    internal ReadOnlySpan<int> RowMajor => axes.AsSpan(Rank, Rank);

    public bool Equals(Shape other) => axes == other.axes || SameSizes(other);
    bool SameSizes(Shape other) => Sizes.SequenceEqual(other.Sizes);
    public override bool Equals(object? other) => other is Shape shape && Equals(shape);
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (int size in Sizes) hash.Add(size);
        return hash.ToHashCode();
    }
    public static bool operator ==(Shape a, Shape b) => a.Equals(b);
    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);

    public ReadOnlySpan<int>.Enumerator GetEnumerator() => Sizes.GetEnumerator();
    IEnumerator<int> IEnumerable<int>.GetEnumerator() => ((IEnumerable<int>)Sizes.ToArray()).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => Sizes.ToArray().GetEnumerator();

    /// <summary>(2, 3)</summary>
    public override string ToString() => Text(Sizes);

    static string Text(ReadOnlySpan<int> sizes) => $"({string.Join(", ", sizes.ToArray())})";
}
