using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>Tensors put one behind the other along an axis; their other sizes must agree.</summary>
    public static Tensor Concat(ReadOnlySpan<Tensor> parts, int axis = 0)
    {
        if (parts.Length == 0) throw new ArgumentException("Concat: there is nothing to put together");
        var first = parts[0];
        int a = first.Shape.Axis(axis), total = 0;
        foreach (var part in parts)
        {
            CheckPair(first, part, "Concat");
            if (part.Rank != first.Rank || part.Shape.With(a, 0) != first.Shape.With(a, 0))
                throw new ArgumentException($"Concat: {part.Shape} does not fit {first.Shape}: all sizes but that of axis {axis} must be the same");
            total = checked(total + part.Shape[a]);
        }
        var y = Empty(first.Shape.With(a, total), first.DType, first.Device);
        var edges = new (Tensor, Func<Tensor, Tensor?>)[parts.Length];
        int start = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            int from = start, size = parts[i].Shape[a];
            y.Device.Copy(parts[i], y.Detach().Slice(a, from, size));
            edges[i] = (parts[i], dy => dy.Slice(a, from, size));
            start += size;
        }
        return Record(y, edges);
    }

    /// <summary>Tensors of one shape put side by side along a new axis.</summary>
    public static Tensor Stack(ReadOnlySpan<Tensor> parts, int axis = 0)
    {
        var rows = new Tensor[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i].Shape != parts[0].Shape) throw new ArgumentException($"Stack: {parts[i].Shape} does not fit {parts[0].Shape}: the shapes must be the same");
            rows[i] = parts[i].Unsqueeze(axis);
        }
        return Concat(rows, axis < 0 && rows.Length > 0 ? axis + rows[0].Rank : axis);
    }

    /// <summary>
    /// The tensor cut along an axis into parts of the given sizes: views. All parts share one gradient buffer in a backward pass,
    /// so cutting a sequence into its steps costs no more than reading it once.
    /// </summary>
    public Tensor[] Split(ReadOnlySpan<int> sizes, int axis = 0)
    {
        int a = Shape.Axis(axis), total = 0;
        foreach (int size in sizes) total = size >= 0 ? checked(total + size) : throw new ArgumentException($"Split: a part has the negative size {size}");
        if (total != Shape[a]) throw new ArgumentException($"Split: the sizes ({string.Join(", ", sizes.ToArray())}) sum up to {total}, but axis {axis} of {Shape} has {Shape[a]}");

        // The whole is the one value that receives the parts' gradients, and nobody else's; what none came for is 0.
        var came = new bool[sizes.Length];
        var parts = new Tensor[sizes.Length];
        var starts = new int[sizes.Length];
        for (int i = 1; i < sizes.Length; i++) starts[i] = starts[i - 1] + sizes[i - 1];
        var whole = Record(View(Shape, strides, Offset), [(this, dy =>
        {
            for (int i = 0; !Recording && i < came.Length; i++)
                if (!came[i]) Device.Copy(Zeros(parts[i].Shape, DType, Device), dy.Slice(a, starts[i], parts[i].Shape[a]));
            return dy;
        })]);
        for (int i = 0; i < sizes.Length; i++)
        {
            int part = i, size = sizes[i];
            parts[i] = Record(whole.Detach().Slice(a, starts[i], size), [(whole, dy =>
            {
                if (Recording) return dy.Unslice(Shape, a, starts[part], 1);
                var gradient = whole.Source!.Gathered(() =>
                {
                    Array.Clear(came);
                    return Empty(Shape, DType, Device);
                });
                Device.Copy(dy, gradient.Slice(a, starts[part], size));
                came[part] = true;
                return null;
            })]);
        }
        return parts;
    }

    /// <summary>The slices along an axis, which is dropped.</summary>
    public Tensor[] Unbind(int axis = 0)
    {
        int a = Shape.Axis(axis);
        var ones = new int[Shape[a]];
        Array.Fill(ones, 1);
        return Array.ConvertAll(Split(ones, a), part => part.Squeeze(a));
    }

    static Case[] ConcatCases =>
    [
        Case.Of((a, b) => Concat([a, b, a], 1), [2, 3], [2, 2]),
        Case.Of((a, b) => Stack([a, b], -1), [2, 3], [2, 3]),
        Case.Of(x => Concat(x.Split([1, 3], 1)[1..], 1), [2, 4]),
        Case.Of(x => x.Unbind(1)[0] * x.Unbind(1)[2], [2, 3]),
        Case.Of(x => { var t = x.Unbind(); return t[0] * t[1] + t[1] * t[1]; }, [3, 2]),
    ];
}
