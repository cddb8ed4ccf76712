using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels;

/// <summary>One int an axis, for up to eight axes.</summary>
[InlineArray(Length)]
public struct Axes : IEquatable<Axes>
{
    public const int Length = 8;

    int first;

    /// <summary>The given ints, one an axis; the rest are 0.</summary>
    public static Axes Of(ReadOnlySpan<int> values)
    {
        Axes axes = default;
        for (int i = 0; i < values.Length; i++) axes[i] = values[i];
        return axes;
    }

    public readonly bool Equals(Axes other) => ((ReadOnlySpan<int>)this).SequenceEqual(other);
    public override readonly bool Equals(object? other) => other is Axes axes && Equals(axes);
    public override readonly int GetHashCode() => HashCode.Combine(this[0], this[1], this[2], this[3], this[4], this[5], this[6], this[7]);
}

/// <summary>
/// The index space that a kernel walks: a contiguous output of the given sizes, and for up to three inputs the strides, in elements, at
/// which each axis steps through them (0 = broadcast). Axes of size 1 are gone, and axes that step as one are merged, so most spaces
/// have one or two. Kernels share the work out by <see cref="Rows"/>: a row is a run along the last axis, of at most <see cref="Strip"/> elements.
/// </summary>
public readonly struct Layout(int rank, Axes sizes, Axes a, Axes b, Axes c)
{
    /// <summary>The longest row: a longer last axis is walked in several rows, so that several workers can share it.</summary>
    public const int Strip = 4096;

    public readonly int Rank = rank;
    public readonly Axes Sizes = sizes, A = a, B = b, C = c;

    /// <summary>The number of elements of the output.</summary>
    public int Count => Inner * Outer;

    /// <summary>The size of the last axis; 1 at rank 0.</summary>
    public int Inner => Rank == 0 ? 1 : Sizes[Rank - 1];

    /// <summary>How many rows, strips of long ones counted singly, there are.</summary>
    public int Rows => Outer * ((Inner + Strip - 1) / Strip);

    /// <summary>The product of all sizes but the last.</summary>
    public int Outer
    {
        get
        {
            int product = 1;
            for (int i = 0; i < Rank - 1; i++) product *= Sizes[i];
            return product;
        }
    }

    /// <summary>The steps of a, b and c along a row.</summary>
    public (int A, int B, int C) Step => Rank == 0 ? (0, 0, 0) : (A[Rank - 1], B[Rank - 1], C[Rank - 1]);

    /// <summary>The space of these sizes, with the strides of each input; an input left out has none.</summary>
    public static Layout Of(ReadOnlySpan<int> sizes, ReadOnlySpan<int> a, ReadOnlySpan<int> b = default, ReadOnlySpan<int> c = default)
    {
        Axes kept = default, strideA = default, strideB = default, strideC = default;
        int rank = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] == 1) continue;
            int last = rank - 1;
            int stepA = At(a, i), stepB = At(b, i), stepC = At(c, i);
            if (rank > 0 && strideA[last] == stepA * sizes[i] && strideB[last] == stepB * sizes[i] && strideC[last] == stepC * sizes[i])
            {
                kept[last] *= sizes[i];
                (strideA[last], strideB[last], strideC[last]) = (stepA, stepB, stepC);
                continue;
            }
            if (rank == Axes.Length)
                throw new NotSupportedException($"Layout: the sizes ({string.Join(", ", sizes.ToArray())}) with these strides have more than {Axes.Length} axes that cannot be merged; make the inputs contiguous first.");
            kept[rank] = sizes[i];
            (strideA[rank], strideB[rank], strideC[rank]) = (stepA, stepB, stepC);
            rank++;
        }
        return new(rank, kept, strideA, strideB, strideC);

        static int At(ReadOnlySpan<int> strides, int i) => strides.IsEmpty ? 0 : strides[i];
    }

    /// <summary>
    /// The same space in steps of four neighbours, to be moved at once: null unless they are neighbours in a and in b too, at multiples of
    /// four. What a single axis has beyond is left out.
    /// </summary>
    public Layout? InFours()
    {
        int last = Rank - 1;
        if (Rank == 0 || A[last] != 1 || B[last] != 1 || Rank > 1 && Sizes[last] % 4 != 0) return null;
        Axes sizes = Sizes, a = A, b = B;
        sizes[last] /= 4;
        for (int i = 0; i < last; i++)
        {
            if ((a[i] | b[i]) % 4 != 0) return null;
            (a[i], b[i]) = (a[i] / 4, b[i] / 4);
        }
        return new(Rank, sizes, a, b, default);
    }

    /// <summary>The walk over the rows from number <paramref name="row"/> on.</summary>
    public RowWalk From(int row) => new(this, row);
}

/// <summary>
/// A walk over the rows of a <see cref="Layout"/>: where the present one lies in the output and in each input. All first strips come
/// before all second ones, so that neighbouring rows start at neighbouring places of a transposed input.
/// </summary>
public struct RowWalk
{
    readonly Layout layout;
    Axes index;
    int strip, outer;

    /// <summary>Where the row begins in the output and in each input, and how many elements it has.</summary>
    public int Y { get; private set; }
    public int A { get; private set; }
    public int B { get; private set; }
    public int C { get; private set; }
    public int Length { get; private set; }

    internal RowWalk(Layout layout, int row)
    {
        this.layout = layout;
        int rows = Math.Max(layout.Outer, 1);
        (strip, outer) = (row / rows, row % rows);
        int rest = outer;
        for (int i = layout.Rank - 2; i >= 0; i--) (rest, index[i]) = Math.DivRem(rest, layout.Sizes[i]);
        Place();
    }

    /// <summary>Steps to the next row.</summary>
    public void Next()
    {
        outer++;
        for (int i = layout.Rank - 2; i >= 0; i--)
        {
            (A, B, C) = (A + layout.A[i], B + layout.B[i], C + layout.C[i]);
            if (++index[i] < layout.Sizes[i])
            {
                Y += layout.Inner;
                return;
            }
            (A, B, C) = (A - index[i] * layout.A[i], B - index[i] * layout.B[i], C - index[i] * layout.C[i]);
            index[i] = 0;
        }
        (outer, strip) = (0, strip + 1);
        Place();
    }

    void Place()
    {
        int start = strip * Layout.Strip;
        var step = layout.Step;
        (Y, A, B, C) = (outer * layout.Inner + start, start * step.A, start * step.B, start * step.C);
        for (int i = 0; i < layout.Rank - 1; i++)
            (A, B, C) = (A + index[i] * layout.A[i], B + index[i] * layout.B[i], C + index[i] * layout.C[i]);
        Length = Math.Min(Layout.Strip, layout.Inner - start);
    }
}
