using System.Runtime.CompilerServices;

namespace NanoAttention;

/// <summary>A number for each of the axes that windows slide along, or one for all: <c>stride: 2</c>, <c>stride: [2, 1]</c>.</summary>
[CollectionBuilder(typeof(PerAxis), nameof(Create))]
public readonly struct PerAxis
{
    readonly int[]? values;
    readonly int? all;

    PerAxis(int[]? values, int? all) => (this.values, this.all) = (values, all);

    public static PerAxis Create(ReadOnlySpan<int> values) => new(values.ToArray(), null);

    public static implicit operator PerAxis(int all) => new(null, all);

    public ReadOnlySpan<int>.Enumerator GetEnumerator() => ((ReadOnlySpan<int>)(values ?? [])).GetEnumerator();

    /// <summary>These numbers, or the given ones where there are none.</summary>
    internal PerAxis Or(ReadOnlySpan<int> others) => values is null && all is null ? Create(others) : this;

    /// <summary>The sizes of a kernel of so many axes.</summary>
    internal int[] Sizes(int axes) => For(axes, 0, "kernel", "Conv");

    /// <summary>A number for each of so many axes, the fallback where none was given. Throws where one is below the least.</summary>
    internal int[] For(int axes, int fallback, string what, string op, int least = 1)
    {
        int[] each = values ?? new int[axes];
        if (values is null) Array.Fill(each, all ?? fallback);
        if (each.Length != axes)
            throw new ArgumentException($"{op}: the {what} {this} does not fit: {axes} axes take {axes} numbers, or one for all");
        foreach (int n in each)
            if (n < least) throw new ArgumentOutOfRangeException(what, $"{op}: the {what} {this} has a number below {least}");
        return each;
    }

    public override string ToString() => values is null ? $"{all}" : $"[{string.Join(", ", values)}]";
}

/// <summary>
/// How far windows reach over the ends of each axis: <c>1</c> at both ends of all, <c>[1, 0]</c> at both ends of each,
/// <see cref="Between"/> at each end, or as far as <see cref="Same"/> needs. None unless given.
/// </summary>
[CollectionBuilder(typeof(WindowPadding), nameof(Create))]
public readonly struct WindowPadding
{
    enum Kind { Given, Same, SameLower }

    readonly Kind kind;
    readonly PerAxis before, after;

    WindowPadding(Kind kind, PerAxis before, PerAxis after) => (this.kind, this.before, this.after) = (kind, before, after);

    /// <summary>So that there are ⌈n/stride⌉ windows on n numbers; an odd one out is put behind them.</summary>
    public static WindowPadding Same { get; } = new(Kind.Same, default, default);

    /// <summary>As <see cref="Same"/>, but the odd one is put before them.</summary>
    public static WindowPadding SameLower { get; } = new(Kind.SameLower, default, default);

    /// <summary>So much before and so much behind each axis.</summary>
    public static WindowPadding Between(PerAxis before, PerAxis after) => new(Kind.Given, before, after);

    public static WindowPadding Create(ReadOnlySpan<int> values) => Between(PerAxis.Create(values), PerAxis.Create(values));

    public static implicit operator WindowPadding(int all) => Between(all, all);

    public ReadOnlySpan<int>.Enumerator GetEnumerator() => before.GetEnumerator();

    /// <summary>Before and behind each of the axes of these sizes, for windows of the given spans and strides.</summary>
    internal (int Before, int After)[] For(ReadOnlySpan<int> sizes, ReadOnlySpan<int> spans, ReadOnlySpan<int> strides, string op)
    {
        var ends = new (int, int)[sizes.Length];
        int[] first = before.For(sizes.Length, 0, "padding", op, least: 0), last = after.For(sizes.Length, 0, "padding", op, least: 0);
        for (int i = 0; i < ends.Length; i++)
        {
            int windows = (sizes[i] + strides[i] - 1) / strides[i], total = Math.Max(0, (windows - 1) * strides[i] + spans[i] - sizes[i]);
            ends[i] = kind switch
            {
                Kind.Same => (total / 2, total - total / 2),
                Kind.SameLower => (total - total / 2, total / 2),
                _ => (first[i], last[i]),
            };
        }
        return ends;
    }
}

/// <summary>
/// Windows along one axis of <c>Size</c> numbers, with <c>Before</c> and <c>After</c> more at its ends: window o is the numbers
/// o · Stride − Before + k · Dilation, 0 ≤ k &lt; Kernel.
/// </summary>
readonly record struct WindowAxis(int Size, int Kernel, int Stride, int Dilation, int Before, int After, int Count)
{
    /// <summary>How many numbers lie from a window's first to its last.</summary>
    public int Span => Dilation * (Kernel - 1) + 1;

    /// <summary>How much of <see cref="After"/>, or how much more of it, the last window reaches.</summary>
    public int Reached => Math.Max(0, (Count - 1) * Stride + Span - Size - Before);

    /// <summary>The place of number k of window o.</summary>
    public int Place(int o, int k) => o * Stride - Before + k * Dilation;

    public static int[] Kernels(WindowAxis[] windows) => Array.ConvertAll(windows, w => w.Kernel);
    public static int[] Counts(WindowAxis[] windows) => Array.ConvertAll(windows, w => w.Count);

    /// <summary>How many numbers each window has, with or without those of the padding; 1 where it has none, as a divisor.</summary>
    public double[] Counts(bool countPadding)
    {
        var counts = new double[Count];
        int first = countPadding ? -Before : 0, end = countPadding ? Size + After : Size;
        for (int o = 0; o < Count; o++)
            for (int k = 0; k < Kernel; k++)
                if (Place(o, k) >= first && Place(o, k) < end) counts[o]++;
        for (int o = 0; o < Count; o++) counts[o] = Math.Max(1, counts[o]);
        return counts;
    }

    /// <summary>The places of the numbers of each window, without those of the padding.</summary>
    public int[][] Places()
    {
        var places = new int[Count][];
        for (int o = 0; o < Count; o++)
        {
            var inside = new List<int>();
            for (int k = 0; k < Kernel; k++)
                if (Place(o, k) is int place && place >= 0 && place < Size) inside.Add(place);
            places[o] = [.. inside];
        }
        return places;
    }

    /// <summary>
    /// The windows on the last axes of x, as many as the kernel has sizes. With <c>ceil</c> one that reaches over the padded end counts
    /// too, if it begins before that. Throws where a window is larger than its padded axis.
    /// </summary>
    public static WindowAxis[] On(Shape x, ReadOnlySpan<int> kernel, PerAxis stride, WindowPadding padding, PerAxis dilation, bool ceil,
        string op)
    {
        int axes = kernel.Length;
        if (axes == 0 || axes > x.Rank) throw new ArgumentException($"{op}: a window of {axes} axes does not fit {x}");
        int[] steps = stride.For(axes, 1, "stride", op), apart = dilation.For(axes, 1, "dilation", op), spans = new int[axes];
        for (int i = 0; i < axes; i++)
            spans[i] = kernel[i] > 0 ? apart[i] * (kernel[i] - 1) + 1
                : throw new ArgumentOutOfRangeException(nameof(kernel), $"{op}: the window's size {kernel[i]} is not positive");
        var sizes = x.Sizes[^axes..];
        var ends = padding.For(sizes, spans, steps, op);
        var windows = new WindowAxis[axes];
        for (int i = 0; i < axes; i++)
        {
            var (before, after) = ends[i];
            int room = sizes[i] + before + after - spans[i];
            if (room < 0)
                throw new ArgumentException($"{op}: a window that spans {spans[i]} numbers is larger than axis {x.Rank - axes + i} of {x}, "
                    + $"{sizes[i] + before + after} numbers with its padding");
            int count = room / steps[i] + 1;
            if (ceil && room % steps[i] != 0 && count * steps[i] < sizes[i] + before) count++;
            windows[i] = new(sizes[i], kernel[i], steps[i], apart[i], before, after, count);
        }
        return windows;
    }

    /// <summary>The windows of these counts, on axes just so long that they hold them and the extra, less the padding.</summary>
    public static WindowAxis[] Under(int[] counts, int[] kernel, PerAxis stride, WindowPadding padding, PerAxis extra, PerAxis dilation,
        string op)
    {
        int axes = counts.Length;
        int[] steps = stride.For(axes, 1, "stride", op), apart = dilation.For(axes, 1, "dilation", op),
            more = extra.For(axes, 0, "extra", op, least: 0);
        int[] spans = new int[axes], same = new int[axes];
        for (int i = 0; i < axes; i++) (spans[i], same[i]) = (apart[i] * (kernel[i] - 1) + 1, counts[i] * steps[i]);
        var ends = padding.For(same, spans, steps, op);
        var windows = new WindowAxis[axes];
        for (int i = 0; i < axes; i++)
        {
            var (before, after) = ends[i];
            int size = (counts[i] - 1) * steps[i] + spans[i] + more[i] - before - after;
            if (size < 1 || counts[i] < 1)
                throw new ArgumentException($"{op}: {counts[i]} numbers with a kernel that spans {spans[i]} leave nothing "
                    + $"behind the padding {before}, {after}");
            windows[i] = new(size, kernel[i], steps[i], apart[i], before, after, counts[i]);
        }
        return windows;
    }
}
