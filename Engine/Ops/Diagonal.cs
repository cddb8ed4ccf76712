using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>The numbers (…, i, …, i + offset, …) of two axes, which are dropped for a last one along the diagonal: a view.</summary>
    public Tensor Diagonal(int offset = 0, int first = 0, int second = 1)
    {
        var (i, j) = (Shape.Axis(first), Shape.Axis(second));
        if (i == j) throw new ArgumentException($"Diagonal: axis {first} of {Shape} is named twice");
        int count = Math.Max(0, Math.Min(Shape[i] - Math.Max(0, -offset), Shape[j] - Math.Max(0, offset)));
        var (sizes, steps) = (new List<int>(Shape.Sizes.ToArray()), new List<int>(Strides.ToArray()));
        int step = steps[i] + steps[j];
        int start = count == 0 ? Offset : Offset + Math.Max(0, -offset) * steps[i] + Math.Max(0, offset) * steps[j];
        foreach (int axis in (int[])[Math.Max(i, j), Math.Min(i, j)])
        {
            sizes.RemoveAt(axis);
            steps.RemoveAt(axis);
        }
        return Record(View([.. sizes, count], [.. steps, step], start), [(this, dy => dy.Undiagonal(Shape, offset, i, j))]);
    }

    // Zeros of the given shape with this where Diagonal would read it.
    Tensor Undiagonal(Shape shape, int offset, int i, int j)
    {
        var y = Zeros(shape, DType, Device);
        Device.Copy(this, y.Diagonal(offset, i, j));
        return Record(y, [(this, dy => dy.Diagonal(offset, i, j))]);
    }

    /// <summary>(…, n) → (…, n + |offset|, n + |offset|), the numbers on a diagonal and 0 elsewhere.</summary>
    public Tensor DiagonalEmbed(int offset = 0)
    {
        if (Rank == 0) throw new ArgumentException($"DiagonalEmbed: {Shape} has no axis to put on a diagonal");
        if (Math.Abs((long)offset) + Shape[^1] > int.MaxValue) throw new ArgumentOutOfRangeException(nameof(offset), $"DiagonalEmbed: the offset {offset} is too large for {Shape}");
        int n = Shape[^1] + Math.Abs(offset);
        return Undiagonal([.. Shape.Sizes[..^1], n, n], offset, Rank - 1, Rank);
    }

    /// <summary>The lower triangle of the last two axes: 0 above the diagonal j = i + offset.</summary>
    public Tensor Tril(int offset = 0) => Triangle(offset, lower: true, "Tril");

    /// <summary>The upper triangle of the last two axes: 0 below the diagonal j = i + offset.</summary>
    public Tensor Triu(int offset = 0) => Triangle(offset, lower: false, "Triu");

    Tensor Triangle(int offset, bool lower, string op)
    {
        if (Rank < 2) throw new ArgumentException($"{op}: {Shape} has fewer than two axes");
        offset = Math.Clamp(offset, -Shape[^2], Shape[^1]);      // beyond, all or nothing is left
        var i = Arange(Shape[^2], DType.I32, Device).Unsqueeze(1);
        var j = Arange(-(double)offset, Shape[^1] - (double)offset, 1, DType.I32, Device);
        return MaskedFill(lower ? j > i : j < i, 0);
    }

    /// <summary>
    /// Windows of an axis, every step-th: (…, n, …) → (…, (n − size)/step + 1, …, size), the place in the window as a last axis. A view.
    /// </summary>
    public Tensor Unfold(int axis, int size, int step)
    {
        int a = Shape.Axis(axis);
        bool last = a == Rank - 1;
        var windows = (last ? this : Transpose(a, -1)).Windows([size], step).Transpose();
        return last ? windows : windows.Transpose(a, -2);
    }

    static Case[] DiagonalCases =>
    [
        Case.Of(x => x.Diagonal(), [3, 4]),
        Case.Of(x => x.Diagonal(-1, 2, 0), [3, 2, 4]),
        Case.Of(x => x.DiagonalEmbed(-1), [2, 3]),
        Case.Of(x => x.Tril(-1), [2, 3, 4]),
        Case.Of(x => x.Triu(1), [4, 3]),
        Case.Of(x => x.Unfold(1, 3, 1), [2, 5, 2]),
        Case.Of(x => x.Unfold(0, 2, 3), [7, 2]),
    ];
}
