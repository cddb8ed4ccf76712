namespace NanoAttention.Tests.Conformance;

/// <summary>Reductions, scans, extremes and order; products of matrices.</summary>
public static partial class OnnxOperators
{
    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Reductions =>
    [
        ("ReduceSum", n => Reduce(n, 13, (x, axes) => x.Sum(axes, true))),
        ("ReduceMean", n => Reduce(n, 18, (x, axes) => x.Mean(axes, true))),
        ("ReduceProd", n => Reduce(n, 18, (x, axes) => x.Prod(axes, true))),
        ("ReduceMax", n => Reduce(n, 18, (x, axes) => Empty(x, axes, n.Type(0).Range.Low) ?? x.Max(axes, true))),
        ("ReduceMin", n => Reduce(n, 18, (x, axes) => Empty(x, axes, n.Type(0).Range.High) ?? x.Min(axes, true))),
        ("ReduceL1", n => Reduce(n, 18, (x, axes) => x.Norm(1, axes, true))),
        ("ReduceL2", n => Reduce(n, 18, (x, axes) => x.Norm(2, axes, true))),
        ("ReduceSumSquare", n => Reduce(n, 18, (x, axes) => (x * x).Sum(axes, true))),
        ("ReduceLogSum", n => Reduce(n, 18, (x, axes) => x.Sum(axes, true).Log())),
        ("ReduceLogSumExp", n => Reduce(n, 18, LogSumExp)),
        ("ArgMax", n => ArgExtreme(n, (x, axis) => x.ArgMax(axis, true))),
        ("ArgMin", n => ArgExtreme(n, (x, axis) => x.ArgMin(axis, true))),
        ("CumSum", n => Map(n, x => x.CumSum(n.Whole(1)[0], n.Flag("exclusive"), n.Flag("reverse")))),
        ("CumProd", n => Map(n, x => x.CumProd(n.Whole(1)[0], n.Flag("exclusive"), n.Flag("reverse")))),
        ("TopK", TopK),
        ("Softmax", n => Rows(n, x => x.Softmax())),
        ("LogSoftmax", n => Rows(n, x => x.LogSoftmax())),
        ("Hardmax", n => Rows(n, x => x.ArgMax(-1).OneHot(x.Shape[^1], x.DType))),
    ];

    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Products =>
    [
        ("MatMul", n => Zip(n, (a, b) => a.MatMul(b))),
        ("Gemm", Gemm),
        ("Det", n => [n[0].Det()]),
        ("Einsum", n => [Arithmetic(n, x => Tensor.Einsum(n.Text("equation"), x), n.All)]),
    ];

    /// <summary>f keeps the axes, which were an attribute until a version made them an input; all where none are named.</summary>
    static OnnxValue[] Reduce(OnnxNode n, int since, Func<Tensor, int[], Tensor> f)
    {
        int[] axes = n.Moved("axes", 1, since) ?? [];
        bool keep = n.Flag("keepdims", true), all = !(n.Opset >= since && n.Flag("noop_with_empty_axes"));
        int[] over = [.. (axes.Length == 0 && all ? Range(0, n[0].Rank) : axes).Select(a => n[0].Shape.Axis(a))];
        var y = Arithmetic(n, x => f(x[0], over), n[0]);
        return keep ? [y] : [y with { Tensor = y.Tensor.Reshape([.. n[0].Shape.Sizes.ToArray().Where((_, i) => !over.Contains(i))]) }];
    }

    /// <summary>What no number at all reduces to, or null where there is one.</summary>
    static Tensor? Empty(Tensor x, int[] axes, double value)
    {
        Shape kept = [.. x.Shape.Sizes.ToArray().Select((size, i) => axes.Contains(i) ? 1 : size)];
        return x.Count == 0 && kept.Count > 0 ? Tensor.Full(kept, value, x.DType, x.Device) : null;
    }

    static Tensor LogSumExp(Tensor x, int[] axes)
    {
        int[] kept = [.. Range(0, x.Rank).Except(axes)];
        Shape sizes = [.. kept.Select(i => x.Shape[i])];
        return x.Permute([.. kept, .. axes]).Reshape([.. sizes.Sizes, Product([.. axes.Select(i => x.Shape[i])])]).LogSumExp(-1)
            .Reshape([.. x.Shape.Sizes.ToArray().Select((size, i) => axes.Contains(i) ? 1 : size)]);
    }

    /// <summary>The first of equal numbers, or the last, which is the first of the reversed axis.</summary>
    static OnnxValue[] ArgExtreme(OnnxNode n, Func<Tensor, int, Tensor> f)
    {
        var x = n[0].DType.IsFloat ? n[0] : n[0].To(Device.Cpu).To(DType.F64);
        int axis = n.Int("axis", 0);
        bool keep = n.Flag("keepdims", true), last = n.Flag("select_last_index");
        var at = f(last ? x.Flip(axis) : x, axis);
        if (last) at = Stored((x.Shape[x.Shape.Axis(axis)] - 1) - at.To(Defaults.DType), ElementType.Int64).Tensor;
        return [new((keep ? at : at.Squeeze(axis)).To(Defaults.Device), ElementType.Int64)];
    }

    static OnnxValue[] TopK(OnnxNode n)
    {
        int k = n.Opset < 10 ? n.Int("k") : n.Whole(1)[0];
        bool largest = n.Flag("largest", true);
        if (!n.Flag("sorted", true)) throw n.Unknown("sorted", 0);       // in whatever order
        var (values, indices) = n[0].TopK(k, n.Int("axis", -1), largest);
        return [new(values, n.Type(0)), new(indices, ElementType.Int64)];
    }

    /// <summary>f along an axis, the last one; below version 13, of the matrix of all axes before one and all from it on.</summary>
    static OnnxValue[] Rows(OnnxNode n, Func<Tensor, Tensor> f)
    {
        var x = n[0];
        int axis = x.Shape.Axis(n.Int("axis", n.Opset < 13 ? 1 : -1));
        return n.Opset < 13 ? [f(x.Reshape(x.Shape[..axis].Count, x.Shape[axis..].Count)).Reshape(x.Shape.Sizes)]
            : [f(x.Transpose(axis, -1)).Transpose(axis, -1)];
    }

    static OnnxValue[] Gemm(OnnxNode n)
    {
        var (a, b) = (n.Flag("transA") ? n[0].Transpose() : n[0], n.Flag("transB") ? n[1].Transpose() : n[1]);
        double alpha = n.Float("alpha", 1), beta = n.Float("beta", 1);
        if (n.Opset < 7) n.Flag("broadcast");
        return [Arithmetic(n, x => x is [_, _, var c] ? alpha * x[0].MatMul(x[1]) + beta * c : alpha * x[0].MatMul(x[1]),
            n.Optional(2) is { } c ? [a, b, c] : [a, b])];
    }
}
