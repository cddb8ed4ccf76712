using static NanoAttention.Reverse;

namespace NanoAttention;

/// <summary>One place of an index expression: <c>x[1, ^1, 2..5, At.NewAxis, At.Rest]</c>.</summary>
public readonly struct At
{
    internal enum Kind { One, Range, NewAxis, Rest }

    internal Kind What { get; private init; }
    internal Index Index { get; private init; }
    internal Range Range { get; private init; }
    internal int Step { get; private init; }

    /// <summary>All axes not named: the … of NumPy.</summary>
    public static At Rest => new() { What = Kind.Rest };

    /// <summary>A new axis of size 1.</summary>
    public static At NewAxis => new() { What = Kind.NewAxis };

    /// <summary>Every step-th of a range.</summary>
    public static At Every(int step, Range? range = null) => step > 0 ? new() { What = Kind.Range, Range = range ?? .., Step = step }
        : throw new ArgumentOutOfRangeException(nameof(step), $"At.Every: the step {step} is not positive");

    public static implicit operator At(int i) => new() { What = Kind.One, Index = i < 0 ? new Index(-i, fromEnd: true) : i };
    public static implicit operator At(Index i) => new() { What = Kind.One, Index = i };
    public static implicit operator At(Range r) => new() { What = Kind.Range, Range = r, Step = 1 };
}

public sealed partial class Tensor
{
    /// <summary>A part of the tensor, as a view: numbers drop an axis (negative ones count from the end), ranges keep it; axes not named are kept whole.</summary>
    [System.Runtime.CompilerServices.IndexerName("Part")]
    public Tensor this[params ReadOnlySpan<At> at]
    {
        get
        {
            int named = 0, rests = 0;
            foreach (var place in at)
            {
                if (place.What == At.Kind.Rest) rests++;
                else if (place.What != At.Kind.NewAxis) named++;
            }
            if (rests > 1) throw new ArgumentException("Index: At.Rest can stand only once");
            if (named > Rank) throw new ArgumentException($"Index: {named} places for {Shape}, which has {Rank} axes");
            var y = this;
            int axis = 0;
            foreach (var place in at)
                switch (place.What)
                {
                    case At.Kind.Rest: axis += Rank - named; break;
                    case At.Kind.NewAxis: y = y.Unsqueeze(axis++); break;
                    case At.Kind.One:
                        int index = place.Index.GetOffset(y.Shape[axis]);
                        if ((uint)index >= (uint)y.Shape[axis]) throw new ArgumentOutOfRangeException(nameof(at), $"Index: axis {axis} of {y.Shape} has no index {place.Index}");
                        y = y.Select(axis, index);
                        break;
                    default:
                        int start = place.Range.Start.GetOffset(y.Shape[axis]), end = place.Range.End.GetOffset(y.Shape[axis]);
                        if (start < 0 || end > y.Shape[axis] || start > end) throw new ArgumentOutOfRangeException(nameof(at), $"Index: axis {axis} of {y.Shape} has no range {place.Range}");
                        if (start > 0 || end < y.Shape[axis] || place.Step > 1) y = y.Slice(axis, start, (end - start + place.Step - 1) / place.Step, place.Step);
                        axis++;
                        break;
                }
            return y;
        }
    }

    /// <summary>count numbers along an axis, from start, every step-th: a view.</summary>
    public Tensor Slice(int axis, int start, int count, int step = 1)
    {
        int a = Shape.Axis(axis), size = Shape[a];
        if (step < 1 || start < 0 || count < 0 || count > 0 && start + (long)(count - 1) * step >= size || start > size)
            throw new ArgumentOutOfRangeException(nameof(start), $"Slice: axis {axis} of {Shape} does not hold {count} numbers from {start} in steps of {step}");
        var own = Strides.ToArray();
        int offset = Offset + start * own[a];
        own[a] *= step;
        return Record(View(Shape.With(a, count), own, offset), [(this, dy => dy.Unslice(Shape, a, start, step))]);
    }

    /// <summary>The slice at one place of an axis, which is dropped: a view.</summary>
    public Tensor Select(int axis, int index)
    {
        int a = Shape.Axis(axis), i = index < 0 ? index + Shape[a] : index;
        if ((uint)i >= (uint)Shape[a]) throw new ArgumentOutOfRangeException(nameof(index), $"Select: axis {axis} of {Shape} has no index {index}");
        return Slice(a, i, 1).Squeeze(a);
    }

    /// <summary>Zeros of the given shape with this put where <see cref="Slice"/> would read it: its transpose.</summary>
    internal Tensor Unslice(Shape shape, int axis, int start, int step)
    {
        var y = Zeros(shape, DType, Device);
        Device.Copy(this, y.Detach().Slice(axis, start, Shape[axis], step));
        return Record(y, [(this, dy => dy.Slice(axis, start, Shape[axis], step))]);
    }

    static Case[] SliceCases =>
    [
        Case.Of(x => x.Slice(1, 1, 2, 2), [2, 5, 3]),
        Case.Of(x => x.Select(0, -1), [3, 4]),
        Case.Of(x => x[1, 1..^1], [2, 4, 3]),
        Case.Of(x => x[At.Rest, At.Every(2), At.NewAxis], [2, 3, 5]),
    ];
}
