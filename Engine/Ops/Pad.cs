using static NanoAttention.Reverse;

namespace NanoAttention;

/// <summary>What stands beyond the edges of an axis.</summary>
public enum PadMode
{
    /// <summary>One value.</summary>
    Constant,
    /// <summary>The numbers mirrored at the outermost one: c b | a b c | b a.</summary>
    Reflect,
    /// <summary>The outermost number: a a | a b c | c c.</summary>
    Replicate,
    /// <summary>The numbers from the other end: b c | a b c | a b.</summary>
    Circular,
}

public sealed partial class Tensor
{
    /// <summary>An axis made longer at both ends; a negative number of places takes some away.</summary>
    public Tensor Pad(int axis, int before, int after, PadMode mode = PadMode.Constant, double value = 0)
    {
        int a = Shape.Axis(axis), n = Shape[a];
        if ((long)n + before + after < 0 || before < -n || after < -n)
            throw new ArgumentException($"Pad: axis {axis} of {Shape} with {before} before and {after} behind has no size");
        if ((long)n + before + after > Array.MaxLength / sizeof(int)) throw new ArgumentException($"Pad: axis {axis} of {Shape} with {before} before and {after} behind is too long");
        if (before == 0 && after == 0) return this;
        if (mode == PadMode.Constant)
        {
            var middle = Slice(a, Math.Max(0, -before), n + Math.Min(0, before) + Math.Min(0, after));
            return Constant(value).Expand(Shape.With(a, n + before + after).Sizes).SliceScatter(middle, a, Math.Max(0, before));
        }
        if (n == 0 && before + after > 0)
            throw new ArgumentException($"Pad: axis {axis} of {Shape} is empty, so there is nothing to fill it up with");
        var from = new int[n + before + after];
        for (int i = 0; i < from.Length; i++) from[i] = Source(i - before);
        return Reindex(a, from);

        int Source(int i) => mode switch
        {
            PadMode.Replicate => Math.Clamp(i, 0, n - 1),
            PadMode.Circular => (i % n + n) % n,
            _ => n == 1 ? 0 : Math.Abs(((i + n - 1) % (2 * n - 2) + 2 * n - 2) % (2 * n - 2) - (n - 1)),
        };
    }

    /// <summary>This with a part put in place of what <see cref="Slice"/> would read there.</summary>
    public Tensor SliceScatter(Tensor part, int axis, int start, int step = 1)
    {
        int a = Shape.Axis(axis);
        CheckPair(this, part, "SliceScatter");
        if (part.Rank != Rank || part.Shape.With(a, Shape[a]) != Shape)
            throw new ArgumentException($"SliceScatter: {part.Shape} is no part of {Shape} along axis {axis}");
        var y = Detach().Clone();
        int count = part.Shape[a];
        Device.Copy(part, y.Slice(a, start, count, step));
        return Record(y,
            [(this, dy => dy.SliceScatter(dy.Constant(0).Expand(part.Shape.Sizes), a, start, step)),
             (part, dy => dy.Slice(a, start, count, step))]);
    }

    static Case[] PadCases =>
    [
        Case.Of(x => x.Pad(1, 2, 1, value: 3), [2, 3, 2]),
        Case.Of(x => x.Pad(0, -1, 2), [4, 3]),
        Case.Of(x => x.Pad(-1, 2, 3, PadMode.Reflect), [2, 4]),
        Case.Of(x => x.Pad(-1, 2, 3, PadMode.Replicate), [2, 4]),
        Case.Of(x => x.Pad(0, 5, 1, PadMode.Circular), [3, 2]),
        Case.Of((x, part) => x.SliceScatter(part, 1, 1, 2), [2, 5], [2, 2]),
    ];
}
