namespace NanoAttention.Tests.Conformance;

/// <summary>Convolutions and pooling.</summary>
public static partial class OnnxOperators
{
    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Windowed =>
    [
        ("Conv", Conv),
        ("ConvTranspose", ConvTranspose),
        ("Col2Im", Col2Im),
        ("AveragePool", n =>
            [n[0].AvgPool(Kernel(n), Strides(n), Padding(n), Dilations(n), n.Flag("ceil_mode"), n.Flag("count_include_pad"))]),
        ("LpPool", n => [n[0].Abs().LpPool(n.Float("p", 2), Kernel(n), Strides(n), Padding(n), Dilations(n), n.Flag("ceil_mode"))]),
        ("MaxPool", MaxPool),
        ("MaxUnpool", MaxUnpool),
        ("GlobalAveragePool", n => [n[0].AdaptiveAvgPool(Ones(n))]),
        ("GlobalMaxPool", n => [n[0].AdaptiveMaxPool(Ones(n))]),
        ("GlobalLpPool", n => [n[0].Norm(n.Float("p", 2), Range(2, n[0].Rank - 2), keep: true)]),
        ("Upsample", Upsample),
    ];

    static int[] Ones(OnnxNode n) => [.. Enumerable.Repeat(1, n[0].Rank - 2)];

    static int[] Kernel(OnnxNode n) => n.Ints("kernel_shape")!;

    static PerAxis Strides(OnnxNode n) => n.Ints("strides") is { } each ? PerAxis.Create(each) : 1;

    static PerAxis Dilations(OnnxNode n) => n.Ints("dilations") is { } each ? PerAxis.Create(each) : 1;

    /// <summary>All the places before the axes, then all behind them; or as many as a rule says.</summary>
    static WindowPadding Padding(OnnxNode n)
    {
        int[]? pads = n.Ints("pads");
        return n.Text("auto_pad", "NOTSET") switch
        {
            "SAME_UPPER" => WindowPadding.Same,
            "SAME_LOWER" => WindowPadding.SameLower,
            "VALID" => 0,
            "NOTSET" => pads is null ? 0
                : WindowPadding.Between(PerAxis.Create(pads.AsSpan(0, pads.Length / 2)), PerAxis.Create(pads.AsSpan(pads.Length / 2))),
            var other => throw n.Unknown("auto_pad", other),
        };
    }

    static OnnxValue[] Conv(OnnxNode n)
    {
        CheckKernel(n);
        return [n[0].Conv(n[1], n.Optional(2), Strides(n), Padding(n), Dilations(n), n.Int("group", 1))];
    }

    static void CheckKernel(OnnxNode n)
    {
        if (n.Ints("kernel_shape") is { } kernel && !n[1].Shape.Sizes[2..].SequenceEqual(kernel))
            throw new ArgumentException($"{n.Op}: kernel_shape is {string.Join(", ", kernel)} and the weight {n[1].Shape}");
    }

    /// <summary>
    /// What is cut off each axis is given, or follows from the size that it is to have: for SAME_UPPER the odd place from the end, else
    /// from the beginning. Where that is negative the axis grows instead.
    /// </summary>
    static OnnxValue[] ConvTranspose(OnnxNode n)
    {
        CheckKernel(n);
        var (x, w, bias) = (n[0], n[1], n.Optional(2));
        int axes = x.Rank - 2;
        int[] one = [.. Enumerable.Repeat(1, axes)];
        int[] strides = n.Ints("strides") ?? one, dilations = n.Ints("dilations") ?? one, extra = n.Ints("output_padding") ?? new int[axes];
        int[]? pads = n.Ints("pads"), sizes = n.Ints("output_shape")?[^axes..];
        string auto = n.Text("auto_pad", "NOTSET");
        if (auto is not ("NOTSET" or "VALID" or "SAME_UPPER" or "SAME_LOWER")) throw n.Unknown("auto_pad", auto);
        int[] before = new int[axes], after = new int[axes];
        for (int i = 0; i < axes; i++)
        {
            (before[i], after[i]) = pads is null ? (0, 0) : (pads[i], pads[i + axes]);
            if (sizes is null && !auto.StartsWith("SAME", StringComparison.Ordinal)) continue;
            int size = x.Shape[i + 2], span = (w.Shape[i + 2] - 1) * dilations[i] + 1;
            int total = strides[i] * (size - 1) + extra[i] + span - (sizes?[i] ?? size * strides[i]), half = (int)Math.Floor(total / 2.0);
            (before[i], after[i]) = auto == "SAME_UPPER" ? (half, total - half) : (total - half, half);
        }
        var cut = WindowPadding.Between(AtLeast0(before), AtLeast0(after));
        int[] longer = [.. extra.Zip(after, (e, a) => e + Math.Max(0, -a))];
        var y = x.ConvTranspose(w, null, PerAxis.Create(strides), cut, PerAxis.Create(longer), PerAxis.Create(dilations),
            n.Int("group", 1));
        for (int i = 0; i < axes; i++) y = y.Pad(i + 2, Math.Max(0, -before[i]), 0);
        return [bias is null ? y : y + bias.Reshape([bias.Count, .. one])];

        static PerAxis AtLeast0(int[] each) => PerAxis.Create(Array.ConvertAll(each, i => Math.Max(0, i)));
    }

    static OnnxValue[] Col2Im(OnnxNode n) => [n[0].Fold(n.Whole(1), n.Whole(2), Strides(n), Padding(n), Dilations(n))];

    /// <summary>Indices count over the whole tensor, in row-major order or, within an image, column by column.</summary>
    static OnnxValue[] MaxPool(OnnxNode n)
    {
        int[] kernel = Kernel(n);
        bool columns = n.Flag("storage_order"), ceil = n.Flag("ceil_mode");
        var x = n[0].DType.IsFloat ? n[0] : n[0].To(Device.Cpu).To(DType.F64);
        var (values, indices) = x.MaxPoolWithIndices(kernel, Strides(n), Padding(n), Dilations(n), ceil);
        OnnxValue y = n[0].DType.IsFloat ? values : Stored(values, n.Type(0));
        if (!n.Wants(1)) return [y];
        int[] sizes = n[0].Shape.Sizes[^kernel.Length..].ToArray(), places = indices.ToArray<int>();
        int image = Product(sizes), each = Math.Max(1, Product(indices.Shape.Sizes[^kernel.Length..]));
        int[] global = [.. places.Select((place, i) => i / each * image + (columns ? Transposed(place, sizes) : place))];
        return [y, Indices(global, indices.Shape)];

        // the place counted with the first axis running fastest
        static int Transposed(int place, int[] sizes)
        {
            int result = 0;
            int[] at = new int[sizes.Length];
            for (int i = sizes.Length - 1; i >= 0; i--) (at[i], place) = (place % sizes[i], place / sizes[i]);
            for (int i = sizes.Length - 1; i >= 0; i--) result = result * sizes[i] + at[i];
            return result;
        }
    }

    /// <summary>Indices count over the tensor that pooling without a remainder would have come from; a larger one is filled up.</summary>
    static OnnxValue[] MaxUnpool(OnnxNode n)
    {
        var x = n[0];
        int[] kernel = Kernel(n), pads = n.Ints("pads") ?? new int[2 * kernel.Length];
        int[] strides = n.Ints("strides") ?? [.. Enumerable.Repeat(1, kernel.Length)];
        int axes = kernel.Length;
        int[] sizes = [.. Range(0, axes).Select(i => (x.Shape[i + 2] - 1) * strides[i] + kernel[i] - pads[i] - pads[i + axes])];
        int image = Product(sizes);
        var at = Tensor.From([.. n.Whole(1).Select(place => place % image)], n[1].Shape);
        var y = x.MaxUnpool(at, sizes);
        if (n.WholeOrNone(2) is { } wanted)
            for (int i = 0; i < axes; i++) y = y.Pad(i + 2, 0, wanted[i + 2] - sizes[i]);
        return [y];
    }

    /// <summary>Each number repeated.</summary>
    static OnnxValue[] Upsample(OnnxNode n)
    {
        if (n.Text("mode", "nearest") is var mode and not "nearest") throw n.Unknown("mode", mode);
        double[] scales = n.Opset < 9 ? n.Floats("scales")! : n[1].ToDoubles();
        var y = n[0];
        for (int axis = 0; axis < scales.Length; axis++)
            if (scales[axis] == Math.Floor(scales[axis])) y = y.RepeatInterleave((int)scales[axis], axis);
            else throw n.Unknown("scale", scales[axis]);
        return [y];
    }
}
