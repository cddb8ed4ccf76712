namespace NanoAttention.Tests.Conformance;

/// <summary>Shapes, parts, indices, and tensors made from nothing.</summary>
public static partial class OnnxOperators
{
    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Shapes =>
    [
        ("Reshape", Reshape),
        ("Flatten", Flatten),
        ("Transpose", n => [n[0].Permute(n.Ints("perm") ?? [.. Range(0, n[0].Rank).Reverse()])]),
        ("Squeeze", Squeeze),
        ("Unsqueeze", Unsqueeze),
        ("Expand", n => [n[0].Expand(Shape.Broadcast(n[0].Shape, Shape.Create(n.Whole(1))).Sizes)]),
        ("Tile", Tile),
        ("Concat", n => [Tensor.Concat(n.All, n.Int("axis", n.Opset < 4 ? 1 : null))]),
        ("Split", Split),
        ("Slice", Slice),
        ("Pad", Pad),
        ("CenterCropPad", CenterCropPad),
        ("Trilu", Trilu),
        ("DepthToSpace", DepthToSpace),
        ("SpaceToDepth", SpaceToDepth),
        ("Shape", ShapeOf),
        ("Size", n => [Indices([n[0].Count], [])]),
    ];

    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Indexing =>
    [
        ("Gather", n => [new(n[0].IndexSelect(n.Int("axis", 0), n[1]), n.Type(0))]),
        ("GatherElements", n => [new(n[0].TakeAlong(n.Int("axis", 0), n[1]), n.Type(0))]),
        ("GatherND", n => [new(n[0].GatherNd(n[1], n.Int("batch_dims", 0)), n.Type(0))]),
        ("Scatter", n => [new(n[0].Scatter(n.Int("axis", 0), n[1], n[2]), n.Type(0))]),
        ("ScatterElements", n => [Arithmetic(n, x => x[0].Scatter(n.Int("axis", 0), n[1].To(x[0].Device), x[1], How(n)), n[0], n[2])]),
        ("ScatterND", n => [Arithmetic(n, x => x[0].ScatterNd(n[1].To(x[0].Device), x[1], How(n)), n[0], n[2])]),
        ("TensorScatter", TensorScatter),
        ("Compress", Compress),
        ("NonZero", n => [n[0].NonZero().Transpose().Contiguous()]),
        ("OneHot", OneHot),
        ("ReverseSequence", ReverseSequence),
        ("Unique", Unique),
    ];

    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Creation =>
    [
        ("Constant", Constant),
        ("ConstantOfShape", ConstantOfShape),
        ("EyeLike", EyeLike),
        ("Range", Steps),
        ("HannWindow", n => Window(n, 0.5, 0.5, 0)),
        ("HammingWindow", n => Window(n, 25.0 / 46, 21.0 / 46, 0)),
        ("BlackmanWindow", n => Window(n, 0.42, 0.5, 0.08)),
    ];

    static OnnxValue Indices(int[] values, Shape shape) => new(Tensor.From(values, shape), ElementType.Int64);

    /// <summary>0 keeps a size, unless zeros are allowed.</summary>
    static OnnxValue[] Reshape(OnnxNode n)
    {
        int[] sizes = n.Moved("shape", 1, 5)!;
        bool zeros = n.Flag("allowzero");
        return [n[0].Reshape([.. sizes.Select((size, i) => size == 0 && !zeros ? n[0].Shape[i] : size)])];
    }

    /// <summary>The axes before one, and all from it on, merged.</summary>
    static OnnxValue[] Flatten(OnnxNode n)
    {
        int axis = n.Int("axis", 1);
        Shape shape = n[0].Shape, before = shape[..(axis < 0 ? axis + shape.Rank : axis)];
        return [n[0].Reshape(before.Count, shape[before.Rank..].Count)];
    }

    static OnnxValue[] Squeeze(OnnxNode n)
    {
        var x = n[0];
        int[] gone = [.. (n.Moved("axes", 1, 13) ?? [.. Range(0, x.Rank).Where(i => x.Shape[i] == 1)]).Select(a => x.Shape.Axis(a))];
        foreach (int axis in gone.OrderDescending()) x = x.Squeeze(axis);
        return [x];
    }

    static OnnxValue[] Unsqueeze(OnnxNode n)
    {
        int[] axes = n.Moved("axes", 1, 13)!;
        var x = n[0];
        int rank = x.Rank + axes.Length;
        foreach (int axis in axes.Select(a => a < 0 ? a + rank : a).Order()) x = x.Unsqueeze(axis);
        return [x];
    }

    /// <summary>In version 1 along one axis.</summary>
    static OnnxValue[] Tile(OnnxNode n)
    {
        if (n.Opset >= 6) return [n[0].Tile(n.Whole(1))];
        int[] counts = [.. Enumerable.Repeat(1, n[0].Rank)];
        counts[n.Whole(2)[0]] = n.Whole(1)[0];
        return [n[0].Tile(counts)];
    }

    /// <summary>Into the sizes given, or as many equal parts as there are outputs, the last one smaller.</summary>
    static OnnxValue?[] Split(OnnxNode n)
    {
        int axis = n[0].Shape.Axis(n.Int("axis", 0)), whole = n[0].Shape[axis], parts = n.OutputCount;
        if (n.Opset >= 18) parts = n.Int("num_outputs", parts);
        int each = (whole + parts - 1) / parts;
        int[] sizes = n.Moved("split", 1, 13) ?? [.. Range(0, parts).Select(i => Math.Max(0, Math.Min(each, whole - i * each)))];
        return [.. n[0].Split(sizes, axis)];
    }

    static OnnxValue[] Slice(OnnxNode n)
    {
        var x = n[0];
        int[] starts = n.Moved("starts", 1, 10)!, ends = n.Moved("ends", 2, 10)!;
        int[] axes = n.Moved("axes", 3, 10) ?? Range(0, starts.Length);
        int[]? steps = n.Opset < 10 ? null : n.WholeOrNone(4);
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = x.Shape.Axis(axes[i]), size = x.Shape[axis], step = steps?[i] ?? 1;
            int least = step > 0 ? 0 : -1, most = step > 0 ? size : size - 1;
            int start = Place(starts[i]), end = Place(ends[i]), count = Math.Max(0, (end - start + step - Math.Sign(step)) / step);
            x = count == 0 ? x.Slice(axis, 0, 0)
                : step > 0 ? x.Slice(axis, start, count, step) : x.Slice(axis, start + (count - 1) * step, count, -step).Flip(axis);

            int Place(int at) => (int)Math.Clamp(at < 0 ? at + (long)size : at, least, most);
        }
        return [x];
    }

    /// <summary>All the places before the axes, then all behind them.</summary>
    static OnnxValue[] Pad(OnnxNode n)
    {
        var x = n[0];
        int[] places = n.Opset < 2 ? n.Ints("paddings")! : n.Moved("pads", 1, 11)!;
        double value = n.Opset < 11 ? n.Float("value", 0) : n.Optional(2)?.Item() ?? 0;
        int[] axes = (n.Opset < 18 ? null : n.WholeOrNone(3)) ?? Range(0, x.Rank);
        var mode = n.Text("mode", "constant") switch
        {
            "constant" => PadMode.Constant,
            "reflect" => PadMode.Reflect,
            "edge" => PadMode.Replicate,
            "wrap" => PadMode.Circular,
            var other => throw n.Unknown("mode", other),
        };
        for (int i = 0; i < axes.Length; i++) x = x.Pad(axes[i], places[i], places[i + axes.Length], mode, value);
        return [x];
    }

    /// <summary>Each axis cut, or padded with zeros, on both sides alike to a size; the odd place is the end's.</summary>
    static OnnxValue[] CenterCropPad(OnnxNode n)
    {
        var x = n[0];
        int[] sizes = n.Whole(1), axes = n.Ints("axes") ?? Range(0, x.Rank);
        foreach (var (axis, size) in axes.Zip(sizes))
        {
            int less = x.Shape[x.Shape.Axis(axis)] - size;
            x = less > 0 ? x.Slice(axis, less / 2, size) : x.Pad(axis, -less / 2, -less - -less / 2);
        }
        return [x];
    }

    /// <summary>a − b cos φ + c cos 2φ, where φ goes once round over the size, or over one place less where it ends as it began.</summary>
    static OnnxValue[] Window(OnnxNode n, double a, double b, double c)
    {
        int size = n.Whole(0)[0], around = n.Flag("periodic", true) ? size : size - 1;
        var type = ElementTypes.Numbered(n.Int("output_datatype", 1));
        var angle = Tensor.Arange(size) * (2 * Math.PI / around);
        return [new(a - b * angle.Cos() + c * (2 * angle).Cos(), type)];
    }

    static OnnxValue[] Trilu(OnnxNode n)
    {
        int k = n.WholeOrNone(1)?[0] ?? 0;
        return [n.Flag("upper", true) ? n[0].Triu(k) : n[0].Tril(k)];
    }

    /// <summary>Blocks of channels spread over squares: DCR counts channels within a square's place, CRD places within a channel.</summary>
    static OnnxValue[] DepthToSpace(OnnxNode n)
    {
        var x = n[0];
        int r = n.Int("blocksize"), c = x.Shape[1] / (r * r);
        return n.Text("mode", "DCR") switch
        {
            "CRD" => [x.PixelShuffle(r)],
            "DCR" => [x.Reshape(x.Shape[0], r * r, c, x.Shape[2], x.Shape[3]).Transpose(1, 2).Reshape(x.Shape.Sizes).PixelShuffle(r)],
            var other => throw n.Unknown("mode", other),
        };
    }

    static OnnxValue[] SpaceToDepth(OnnxNode n)
    {
        int r = n.Int("blocksize"), c = n[0].Shape[1];
        var y = n[0].PixelUnshuffle(r);
        return [y.Reshape(y.Shape[0], c, r * r, y.Shape[2], y.Shape[3]).Transpose(1, 2).Reshape(y.Shape.Sizes)];
    }

    static OnnxValue[] ShapeOf(OnnxNode n)
    {
        int rank = n[0].Rank, start = Place(n.Int("start", 0)), end = Place(n.Int("end", rank));
        int[] sizes = n[0].Shape.Sizes[start..Math.Max(start, end)].ToArray();
        return [Indices(sizes, [sizes.Length])];

        int Place(int at) => Math.Clamp(at < 0 ? at + rank : at, 0, rank);
    }

    static ScatterReduction How(OnnxNode n) => n.Text("reduction", "none") switch
    {
        "none" => ScatterReduction.None,
        "add" => ScatterReduction.Sum,
        "mul" => ScatterReduction.Product,
        "max" => ScatterReduction.Max,
        "min" => ScatterReduction.Min,
        var other => throw n.Unknown("reduction", other),
    };

    /// <summary>An update put along an axis of a cache, in each example from a place of its own on; circular: round the end.</summary>
    static OnnxValue[] TensorScatter(OnnxNode n)
    {
        var (cache, update) = (n[0], n[1]);
        int axis = cache.Shape.Axis(n.Int("axis", -2)), size = cache.Shape[axis], steps = update.Shape[axis];
        int[] first = n.WholeOrNone(2) ?? new int[cache.Shape[0]];
        string mode = n.Text("mode", "linear");
        if (mode is not ("linear" or "circular")) throw n.Unknown("mode", mode);
        int[] at = [.. first.SelectMany(start => Range(start, steps).Select(i => mode == "circular" ? i % size : i))];
        int[] sizes = [.. Range(0, cache.Rank).Select(i => i == 0 ? first.Length : i == axis ? steps : 1)];
        return [cache.Scatter(axis, Tensor.From(at, Shape.Create(sizes)).Expand(update.Shape.Sizes), update)];
    }

    static OnnxValue[] Compress(OnnxNode n) => n.Has("axis") ? [n[0].Compress(n.Int("axis"), n[1])]
        : [n[0].Reshape(n[0].Count).Compress(0, n[1])];

    /// <summary>A new axis, on = values[1] at the index, counted from the end where negative, and off = values[0] elsewhere.</summary>
    static OnnxValue[] OneHot(OnnxNode n)
    {
        int depth = n.Whole(1)[0], axis = n.Int("axis", -1), rank = n[0].Rank + 1, at = axis < 0 ? axis + rank : axis;
        int[] indices = [.. n.Whole(0).Select(i => i < 0 ? i + depth : i)];
        int[] along = [.. Range(0, rank).Select(i => i == at ? depth : 1)];
        var hot = Tensor.From(indices, n[0].Shape).Unsqueeze(at).EqualTo(Tensor.Arange(depth, DType.I32).Reshape(along));
        return [new(Tensor.Where(hot, n[2].Select(0, 1), n[2].Select(0, 0)), n.Type(2))];
    }

    /// <summary>The first lengths[b] steps of every example in reverse order.</summary>
    static OnnxValue[] ReverseSequence(OnnxNode n)
    {
        var x = n[0];
        int batch = n.Int("batch_axis", 1), time = n.Int("time_axis", 0), steps = x.Shape[time];
        int[] lengths = n.Whole(1);
        var at = Tensor.From([.. lengths.SelectMany(length => Range(0, steps).Select(t => t < length ? length - 1 - t : t))],
            [lengths.Length, steps]);                                                                       // (batch, time)
        int[] sizes = [.. Range(0, x.Rank).Select(i => i == batch || i == time ? x.Shape[i] : 1)];
        return [x.TakeAlong(time, (batch < time ? at : at.Transpose()).Reshape(sizes).Expand(x.Shape.Sizes))];
    }

    static OnnxValue[] Unique(OnnxNode n)
    {
        var (values, indices, inverse, counts) = n[0].Unique(n.Has("axis") ? n.Int("axis") : null, n.Flag("sorted", true));
        return [new(values, n.Type(0)), .. new[] { indices, inverse, counts }.Select(x => new OnnxValue(x, ElementType.Int64))];
    }

    static OnnxValue[] Constant(OnnxNode n)
    {
        if (n.Stored("value") is { } value) return [value];
        if (n.Has("value_float")) return [new(Tensor.Scalar(n.Float("value_float")), ElementType.Float)];
        if (n.Floats("value_floats") is { } numbers) return [new(Tensor.Of(numbers), ElementType.Float)];
        if (n.Has("value_int")) return [Indices([n.Int("value_int")], [])];
        if (n.Ints("value_ints") is { } whole) return [Indices(whole, [whole.Length])];
        return [];
    }

    static OnnxValue[] ConstantOfShape(OnnxNode n)
    {
        var value = n.Stored("value") ?? new(Tensor.Zeros([]), ElementType.Float);
        return [value with { Tensor = value.Tensor.Reshape().Expand(n.Whole(0)) }];
    }

    /// <summary>start, start + delta, … before the limit; nothing where that lies the other way.</summary>
    static OnnxValue[] Steps(OnnxNode n)
    {
        double start = n[0].Item(), limit = n[1].Item(), delta = n[2].Item();
        var steps = (limit - start) / delta > 0 ? Tensor.Arange(start, limit, delta, DType.F64, Device.Cpu) : Tensor.Zeros([0]);
        return [Stored(steps, n.Type(0))];
    }

    static OnnxValue[] EyeLike(OnnxNode n)
    {
        var type = n.Has("dtype") ? ElementTypes.Numbered(n.Int("dtype")) : n.Type(0);
        var (rows, columns) = (Tensor.Arange(n[0].Shape[0]).Unsqueeze(1), Tensor.Arange(n[0].Shape[1]));
        return [new((columns - rows).EqualTo(n.Int("k", 0)).To(type.DType), type)];
    }
}
