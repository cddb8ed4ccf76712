using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>What PyTorch has under a second name, and what is a line or two of the functions here.</summary>
public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Compositions =>
    [
        .. Aliases.Select(alias => (alias.Signature, new Func<Arguments, object?>(a => table[alias.Of].Body(a)))),
        ("cross(input, other, dim=None)", a => a.Input().Cross(a.Tensor("other"), a.IntOrNone("dim") ?? Array.IndexOf(a.Input().Shape.Sizes.ToArray(), 3))),
        ("torch.linalg.cross(input, other, dim=-1)", a => a.Input().Cross(a.Tensor("other"), a.Int("dim"))),
        ("diff(input, n=1, dim=-1, prepend=None, append=None)", a => NanoAttention.Tensor.Concat(
            [.. new[] { a.TensorOrNone("prepend"), a.Input(), a.TensorOrNone("append") }.OfType<Tensor>()], a.Int("dim")).Diff(a.Int("dim"), a.Int("n"))),
        ("clamp_min(input, min)", a => a.Input().Clamp(low: a.Float("min"))),
        ("clamp_max(input, max)", a => a.Input().Clamp(high: a.Float("max"))),
        ("ldexp(input, other)", a => Pair(a, (x, y) => x * y.To(x.DType).Exp2())),
        ("heaviside(input, values)", a => NanoAttention.Tensor.Where(a.Input().EqualTo(0), a.Tensor("values"), (a.Input() > 0).To(a.Input().DType))),
        ("xlog1py(input, other)", a => Pair(a, (x, y) => x.Xlogy(1 + y))),
        ("entr(input)", a => (-a.Input().Xlogy(a.Input())).MaskedFill(a.Input() < 0, double.NegativeInfinity)),
        ("logdet(input)", a => a.Input().Det().Log()),
        ("slogdet(input)", a => a.Input().Det() is var det ? (object?[])[det.Sign(), det.Abs().Log()] : null),
        ("signbit(input)", a => 1 / a.Input() < 0 | a.Input() < 0),
        ("is_floating_point(input)", a => a.Input().DType.IsFloat),
        ("is_tensor(obj)", a => a["obj"] is Tensor),
        ("type(input, dtype)", a => a.Input().To((DType)a["dtype"]!)),
        ("put(input, index, source, accumulate=False)", a => a.Input().Reshape(a.Input().Count).Scatter(
            0, a.Tensor("index").Reshape(a.Tensor("index").Count), a.Tensor("source").Reshape(a.Tensor("source").Count), ScatterHow(a.Bool("accumulate") ? "sum" : ""))
            .Reshape(a.Input().Shape.Sizes)),
        ("diagonal_scatter(input, src, offset=0, dim1=0, dim2=1)", DiagonalScatter),
        ("renorm(input, p, dim, maxnorm)", Renormalised),
        ("multilabel_soft_margin_loss(input, target, weight=None, reduction='mean')", MultiLabelSoftMargin),
        ("triplet_margin_with_distance_loss(anchor, positive, negative, distance_function=None, margin=1.0, swap=False, reduction='mean')", a => Loss.TripletMargin(
            a.Tensor("anchor"), a.Tensor("positive"), a.Tensor("negative"), a.Float("margin"), 2, 1e-6, a.Bool("swap"), Reduced(a))),
        ("ndtr(input)", a => 0.5 * (-a.Input() / Math.Sqrt(2)).Erfc()),
        ("ndtri(input)", a => Math.Sqrt(2) * (2 * a.Input() - 1).Erfinv()),
        ("dist(input, other, p=2)", a => (a.Input() - a.Tensor("other")).Norm(a.Float("p"))),
        ("pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False)",
            a => (a.Tensor("x1") - a.Tensor("x2") + a.Float("eps")).Norm(a.Float("p"), [-1], a.Bool("keepdim"))),
        ("cosine_similarity(x1, x2, dim=1, eps=1e-8)", CosineSimilarity),
        ("cdist(x1, x2, p=2.0, compute_mode=None)", a => (a.Tensor("x1").Unsqueeze(-2) - a.Tensor("x2").Unsqueeze(-3)).Norm(a.Float("p"), [-1])),
        ("pdist(input, p=2.0)", a => Pairs(a.Input().Shape[0], 2, false) is var at
            ? (a.Input().Gather(at.Select(1, 0)) - a.Input().Gather(at.Select(1, 1))).Norm(a.Float("p"), [-1]) : null),
        ("vecdot(x, y, dim=-1)", a => (a.Tensor("x") * a.Tensor("y")).Sum(a.Int("dim"))),
        ("matrix_power(input, n)", a => Enumerable.Repeat(a.Input(), a.Int("n"))
            .Aggregate(NanoAttention.Tensor.Eye(a.Input().Shape[^1], a.Input().Shape[^1], a.Input().DType), (x, y) => x.MatMul(y))),
        ("bilinear(input1, input2, weight, bias=None)", a => NanoAttention.Tensor.Einsum("...i,oij,...j->...o", a.Tensor("input1"), a.Tensor("weight"), a.Tensor("input2")) is var y
            && a.TensorOrNone("bias") is { } bias ? y + bias : y),
        ("trapezoid(y, x=None, dx=1, dim=-1)", a => Trapezoids(a).Sum(a.Int("dim"))),
        ("cumulative_trapezoid(y, x=None, dx=1, dim=-1)", a => Trapezoids(a).CumSum(a.Int("dim"))),
        ("cov(input, correction=1)", a => Covariance(a.Input(), a.Int("correction"))),
        ("corrcoef(input)", a => Correlation(Covariance(a.Input(), 1))),
        ("vander(x, N=None, increasing=False)", Vandermonde),
        ("quantile(input, q, dim=None, keepdim=False, interpolation='linear')", a => a["q"] is Tensor { Rank: 1 } many
            ? NanoAttention.Tensor.Stack([.. many.ToDoubles().Select(q => Quantile(a, q))]) : Quantile(a, a.Tensor("q").Item())),
        ("bucketize(input, boundaries, right=False)", a => Buckets(a.Tensor("boundaries"), a.Input(), a.Bool("right"))),
        ("searchsorted(sorted_sequence, input, right=False)", a => Buckets(a.Tensor("sorted_sequence"), a.Input(), a.Bool("right"))),
        ("unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None)", Unique),
        ("det(input)", a => a.Input().Det()),
        ("isin(elements, test_elements)", a => a.Tensor("elements").Unsqueeze(-1).EqualTo(a.Tensor("test_elements").Reshape(-1)).Any(-1)),
        ("allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False)",
            a => a.Input().IsClose(a.Tensor("other"), a.Float("rtol"), a.Float("atol"), a.Bool("equal_nan")).All().Item() != 0),
        ("equal(input, other)", a => a.Input().Shape == a.Tensor("other").Shape && a.Input().EqualTo(a.Tensor("other")).All().Item() != 0),
        ("atleast_1d(input)", a => a.Input().Rank > 0 ? a.Input() : a.Input().Reshape(1)),
        ("atleast_2d(input)", a => a.Input().Rank > 1 ? a.Input() : a.Input().Reshape(1, a.Input().Count)),
        ("atleast_3d(input)", a => a.Input().Rank > 2 ? a.Input() : a.Input().Rank == 2 ? a.Input().Unsqueeze(2) : a.Input().Reshape(1, a.Input().Count, 1)),
        ("diagflat(input, offset=0)", a => a.Input().Reshape(a.Input().Count).DiagonalEmbed(a.Int("offset"))),
        ("channel_shuffle(input, groups)", a => Unflatten(a.Input(), 1, [a.Int("groups"), a.Input().Shape[1] / a.Int("groups")]).Transpose(1, 2).Reshape(a.Input().Shape.Sizes)),
        ("tril_indices(row, col, offset=0)", a => NanoAttention.Tensor.Ones([a.Int("row"), a.Int("col")]).Tril(a.Int("offset")).NonZero().Transpose()),
        ("triu_indices(row, col, offset=0)", a => NanoAttention.Tensor.Ones([a.Int("row"), a.Int("col")]).Triu(a.Int("offset")).NonZero().Transpose()),
        ("logspace(start, end, steps, base=10.0, dtype=None)", a => NanoAttention.Tensor.Scalar(a.Float("base")).Pow(Linspace(a))),
        ("combinations(input, r=2, with_replacement=False)", a => a.Input().Take(Pairs(a.Input().Count, a.Int("r"), a.Bool("with_replacement")))),
        ("dropout(input, p=0.5, training=True)", a => !a.Bool("training") || a.Float("p") == 0 ? a.Input() : throw new NotSupportedByEngineException("PyTorch's random numbers")),
        ("rrelu(input, lower=0.125, upper=0.3333333333333333, training=False)", a => a.Bool("training")
            ? throw new NotSupportedByEngineException("PyTorch's random numbers") : a.Input().LeakyRelu((a.Float("lower") + a.Float("upper")) / 2)),
        ("torch.linalg.norm(A, ord=None, dim=None, keepdim=False)", LinearNorm),
        ("torch.linalg.matrix_norm(A, ord='fro', dim=(-2, -1), keepdim=False)", LinearNorm),
        ("tensor(data, dtype=None)", Given),
        ("type_as(input, other)", a => a.Input().To(a.Tensor("other").DType)),
        ("float(input)", a => a.Input().To(DType.F32)),
        ("long(input)", a => a.Input().To(DType.I32)),
        ("int(input)", a => a.Input().To(DType.I32)),
        ("bool(input)", a => a.Input().To(DType.Bool)),
        ("numel(input)", a => (long)a.Input().Count),
        ("dim(input)", a => (long)a.Input().Rank),
        ("item(input)", a => a.Input().Item()),
        ("sum_to_size(input, *size)", a => SumTo(a.Input(), a.Ints("size"))),
        ("requires_grad_(input, requires_grad=True)", a => a.Bool("requires_grad") ? a.Input().RequireGrad() : a.Input().Detach()),
    ];

    /// <summary>Second names, and whose they are.</summary>
    static (string Signature, string Of)[] Aliases =>
    [
        ("absolute(input)", "abs"),
        ("negative(input)", "neg"),
        ("subtract(input, other, alpha=1)", "sub"),
        ("multiply(input, other)", "mul"),
        ("divide(input, other, rounding_mode=None)", "div"),
        ("greater(input, other)", "gt"),
        ("greater_equal(input, other)", "ge"),
        ("less(input, other)", "lt"),
        ("less_equal(input, other)", "le"),
        ("not_equal(input, other)", "ne"),
        ("clip(input, min=None, max=None)", "clamp"),
        ("float_power(input, exponent)", "pow"),
        ("expit(input)", "sigmoid"),
        ("concat(tensors, dim=0)", "cat"),
        ("concatenate(tensors, dim=0)", "cat"),
        ("row_stack(tensors)", "vstack"),
        ("split_with_sizes(input, split_size_or_sections, dim=0)", "split"),
        ("trapz(y, x=None, dx=1, dim=-1)", "trapezoid"),
        ("adjoint(input, dim0=-2, dim1=-1)", "transpose"),
        ("bitwise_and(input, other)", "logical_and"),
        ("bitwise_or(input, other)", "logical_or"),
        ("bitwise_xor(input, other)", "logical_xor"),
        ("bitwise_not(input)", "logical_not"),
    ];

    /// <summary>A number, or a list of them: integers where all are.</summary>
    static Tensor Given(Arguments a)
    {
        object?[] items = a["data"] is IReadOnlyList<object?> list ? [.. list] : [a["data"]];
        var y = NanoAttention.Tensor.Of([.. items.Select(System.Convert.ToDouble)], [items.Length], a.Type() ?? (items.All(i => i is long) ? DType.I32 : Defaults.DType));
        return a["data"] is IReadOnlyList<object?> ? y : y.Reshape();
    }

    /// <summary>x · y/max(‖x‖‖y‖, ε), with the bound under both norms apart.</summary>
    static Tensor CosineSimilarity(Arguments a)
    {
        int axis = a.Int("dim");
        Tensor x = a.Tensor("x1"), y = a.Tensor("x2");
        return (x.Normalize(2, axis, a.Float("eps")) * y.Normalize(2, axis, a.Float("eps"))).Sum(axis);
    }

    /// <summary>The areas between neighbours: (y₀ + y₁)/2 dx.</summary>
    static Tensor Trapezoids(Arguments a)
    {
        var y = a.Tensor("y");
        int axis = y.Shape.Axis(a.Int("dim")), n = y.Shape[axis] - 1;
        var middle = (y.Slice(axis, 0, n) + y.Slice(axis, 1, n)) / 2;
        if (a.TensorOrNone("x") is not { } x) return middle * a.Float("dx");
        var width = x.Diff(x.Rank == 1 ? 0 : axis);
        return middle * (x.Rank == 1 ? width.Reshape([n, .. Enumerable.Repeat(1, y.Rank - axis - 1)]) : width);
    }

    /// <summary>Of variables in rows (k, n) → (k, k); of one (n) a number.</summary>
    static Tensor Covariance(Tensor x, int correction)
    {
        var deviation = x.Rank < 2 ? (x - x.Mean()).Reshape(1, x.Count) : x - x.Mean(1, keep: true);
        var y = deviation.MatMul(deviation.Transpose()) / Math.Max(0, deviation.Shape[1] - correction);
        return x.Rank < 2 ? y.Reshape() : y;
    }

    static Tensor Correlation(Tensor covariance)
    {
        if (covariance.Rank == 0) return covariance / covariance;
        var deviation = covariance.Diagonal().Sqrt();
        return covariance / (deviation.Unsqueeze(1) * deviation);
    }

    /// <summary>The different numbers or slices, and, where asked for, which each is and how often it comes.</summary>
    static object? Unique(Arguments a)
    {
        int? axis = a.IntOrNone("dim");
        var (values, _, inverse, counts) = a.Input().Unique(axis, a.Bool("sorted"));
        List<object?> parts = [values];
        if (a.Bool("return_inverse")) parts.Add(axis is null ? inverse.Reshape(a.Input().Shape.Sizes) : inverse);
        if (a.Bool("return_counts")) parts.Add(counts);
        return parts is [var only] ? only : parts.ToArray();
    }

    static Tensor Vandermonde(Arguments a)
    {
        int n = a.IntOrNone("N") ?? a.Tensor("x").Count;
        var powers = Enumerable.Range(0, n).Select(p => a.Tensor("x").Pow(p));
        return NanoAttention.Tensor.Stack([.. a.Bool("increasing") ? powers : powers.Reverse()], -1);
    }

    /// <summary>Of sorted numbers, between the two neighbours of the place q (n − 1), or one of them.</summary>
    static Tensor Quantile(Arguments a, double q) => OverAxes(a, (x, axis) =>
    {
        double place = q * (x.Shape[x.Shape.Axis(axis)] - 1);
        var sorted = x.Sort(axis).Values;
        Tensor below = sorted.Select(axis, (int)place), above = sorted.Select(axis, (int)Math.Ceiling(place));
        return a.Text("interpolation") switch
        {
            "lower" => below,
            "higher" => above,
            "nearest" => sorted.Select(axis, (int)Math.Round(place)),
            "midpoint" => below.Lerp(above, 0.5),
            _ => below.Lerp(above, place - (int)place),
        };
    });

    /// <summary>A diagonal replaced: elsewhere x, there the source.</summary>
    static Tensor DiagonalScatter(Arguments a)
    {
        var x = a.Input();
        int offset = a.Int("offset"), first = x.Shape.Axis(a.Int("dim1")), second = x.Shape.Axis(a.Int("dim2"));
        int[] order = [.. Enumerable.Range(0, x.Rank).Where(i => i != first && i != second), first, second];
        int[] back = [.. Enumerable.Range(0, x.Rank).Select(i => Array.IndexOf(order, i))];
        int rows = x.Shape[first], columns = x.Shape[second];
        var there = NanoAttention.Tensor.Ones([rows, columns], DType.Bool).Tril(offset) & !NanoAttention.Tensor.Ones([rows, columns], DType.Bool).Tril(offset - 1);
        var spread = a.Tensor("src").DiagonalEmbed(offset);                                     // (…, n, n), which the matrix may exceed
        spread = spread.Pad(-2, 0, rows - spread.Shape[^2]).Pad(-1, 0, columns - spread.Shape[^1]);
        return NanoAttention.Tensor.Where(there, spread, x.Permute(order)).Permute(back);
    }

    /// <summary>Parts along an axis whose norm exceeds the largest allowed scaled down to it.</summary>
    static Tensor Renormalised(Arguments a)
    {
        var x = a.Input();
        int axis = x.Shape.Axis(a.Int("dim"));
        var norms = x.Norm(a.Float("p"), [.. Enumerable.Range(0, x.Rank).Where(i => i != axis)], keep: true);
        return x * NanoAttention.Tensor.Where(norms > a.Float("maxnorm"), a.Float("maxnorm") / (norms + 1e-7), NanoAttention.Tensor.Scalar(1, x.DType));
    }

    /// <summary>The mean over the classes of −w (y ln σ(x) + (1 − y) ln σ(−x)).</summary>
    static Tensor MultiLabelSoftMargin(Arguments a)
    {
        Tensor x = a.Input(), y = a.Tensor("target");
        var losses = -(y * x.LogSigmoid() + (1 - y) * (-x).LogSigmoid());
        var rows = (a.TensorOrNone("weight") is { } weight ? losses * weight : losses).Mean(-1);
        return Reduced(a) switch { Reduction.Mean => rows.Mean(), Reduction.Sum => rows.Sum(), _ => rows };
    }

    /// <summary>How many boundaries lie below each number, or with it.</summary>
    static Tensor Buckets(Tensor boundaries, Tensor x, bool right)
    {
        var edges = boundaries.Rank > 1 ? boundaries.Unsqueeze(-2) : boundaries;
        return (right ? edges <= x.Unsqueeze(-1) : edges < x.Unsqueeze(-1)).CountNonZero(-1);
    }

    /// <summary>Places of r of n numbers in order, (combinations, r).</summary>
    static Tensor Pairs(int n, int r, bool again)
    {
        List<int[]> found = [[]];
        for (int i = 0; i < r; i++)
            found = [.. from c in found from next in Enumerable.Range(0, n) where c.Length == 0 || next > c[^1] || again && next == c[^1] select (int[])[.. c, next]];
        return NanoAttention.Tensor.From([.. found.SelectMany(c => c)], [found.Count, r]);
    }

    /// <summary>Without an order the root of all squares; else a vector's norm, or a matrix's: 'fro', 1 (columns) or ∞ (rows), and −1 and −∞.</summary>
    static Tensor LinearNorm(Arguments a)
    {
        var x = a.Tensor("A");
        bool keep = a.Bool("keepdim");
        int[] axes = a.Axes(x);
        if (a["ord"] is null or "fro") return x.Norm(2, axes, keep);
        double order = a.Float("ord");
        if (axes.Length == 1) return x.Norm(order, axes, keep);
        if (axes.Length != 2 || Math.Abs(order) == 2) throw new NotSupportedByEngineException($"linalg.norm of order {order}");
        bool columns = Math.Abs(order) == 1;
        var sums = x.Abs().Sum(axes[columns ? 0 : 1], keep: true);
        int rest = axes[columns ? 1 : 0];
        var y = order > 0 ? sums.Max(rest, keep: true) : sums.Min(rest, keep: true);
        return keep ? y : y.Reshape([.. x.Shape.Where((_, i) => !axes.Select(j => x.Shape.Axis(j)).Contains(i))]);
    }

    /// <summary>Summed over the axes that the sizes lack, or have once.</summary>
    static Tensor SumTo(Tensor x, int[] sizes)
    {
        int more = x.Rank - sizes.Length;
        int[] gone = [.. Enumerable.Range(0, x.Rank).Where(i => i < more || sizes[i - more] == 1 && x.Shape[i] != 1)];
        return gone.Length == 0 ? x : x.Sum(gone, keep: true).Reshape(sizes);
    }
}
