using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Products =>
    [
        ("matmul(input, other)", a => a.Input().MatMul(a.Tensor("other"))),
        ("mm(input, mat2)", a => a.Input().MatMul(a.Tensor("mat2"))),
        ("bmm(input, mat2)", a => a.Input().MatMul(a.Tensor("mat2"))),
        ("mv(input, vec)", a => a.Input().MatMul(a.Tensor("vec"))),
        ("dot(input, other)", a => a.Input().MatMul(a.Tensor("other"))),
        ("addmm(input, mat1, mat2, beta=1, alpha=1)", a => a.Float("beta") * a.Input() + a.Float("alpha") * a.Tensor("mat1").MatMul(a.Tensor("mat2"))),
        ("baddbmm(input, batch1, batch2, beta=1, alpha=1)", a => a.Float("beta") * a.Input() + a.Float("alpha") * a.Tensor("batch1").MatMul(a.Tensor("batch2"))),
        ("linear(input, weight, bias=None)", a => a.Tensor("weight").Rank == 1
            ? a.Input().MatMul(a.Tensor("weight")) + (a.TensorOrNone("bias") ?? NanoAttention.Tensor.Scalar(0)) : a.Input().Linear(a.Tensor("weight"), a.TensorOrNone("bias"))),
        ("addmv(input, mat, vec, beta=1, alpha=1)", a => a.Float("beta") * a.Input() + a.Float("alpha") * a.Tensor("mat").MatMul(a.Tensor("vec"))),
        ("addr(input, vec1, vec2, beta=1, alpha=1)", a => a.Float("beta") * a.Input() + a.Float("alpha") * Outer(a.Tensor("vec1"), a.Tensor("vec2"))),
        ("addbmm(input, batch1, batch2, beta=1, alpha=1)", a => a.Float("beta") * a.Input() + a.Float("alpha") * a.Tensor("batch1").MatMul(a.Tensor("batch2")).Sum(0)),
        ("outer(input, vec2)", a => Outer(a.Input(), a.Tensor("vec2"))),
        ("ger(input, vec2)", a => Outer(a.Input(), a.Tensor("vec2"))),
        ("inner(input, other)", a => a.Input().Rank == 0 || a.Tensor("other").Rank == 0 ? a.Input() * a.Tensor("other") : a.Input().TensorDot(a.Tensor("other"), [-1], [-1])),
        ("vdot(input, other)", a => a.Input().MatMul(a.Tensor("other"))),
        ("chain_matmul(*matrices)", a => a.Tensors("matrices").Aggregate((x, y) => x.MatMul(y))),
        ("multi_dot(matrices)", a => a.Tensors("matrices").Aggregate((x, y) => x.MatMul(y))),
        ("trace(input)", a => a.Input().Diagonal().Sum()),
        ("kron(input, other)", a => a.Input().Kron(a.Tensor("other"))),
        ("tensordot(a, b, dims=2)", a => a["dims"] is IReadOnlyList<object?> axes
            ? a.Tensor("a").TensorDot(a.Tensor("b"), Numbers(axes[0]), Numbers(axes[1])) : a.Tensor("a").TensorDot(a.Tensor("b"), a.Int("dims"))),
        ("einsum(equation, *operands)", a => NanoAttention.Tensor.Einsum(a.Text("equation"), a.Tensors("operands"))),
        ("embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False)",
            a => Table(a).Gather(a.Input(), Place(a.IntOrNone("padding_idx"), a.Tensor("weight").Shape[0]))),
        ("embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode='mean', sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None)",
            a => Table(a).GatherBags(a.Input(), Bags(a.Text("mode")), Ends(a.TensorOrNone("offsets"), a.Bool("include_last_offset")),
                a.TensorOrNone("per_sample_weights"), Place(a.IntOrNone("padding_idx"), a.Tensor("weight").Shape[0]))),
        ("one_hot(tensor, num_classes=-1)", a => a.Tensor("tensor") is var i && a.Int("num_classes") is > 0 and var n ? i.OneHot(n, DType.I32) : i.OneHot(1 + i.ToArray<int>().Max(), DType.I32)),
    ];

    static Tensor Outer(Tensor a, Tensor b) => a.Unsqueeze(1) * b;

    static int[] Numbers(object? values) => values is IReadOnlyList<object?> items ? [.. items.Select(i => (int)(long)i!)] : [(int)(long)values!];

    static Tensor Table(Arguments a) => Table(a.Tensor("weight"), a.Input(), a);

    /// <summary>
    /// A weight as it is looked up in: with max_norm its rows scaled down to that norm, unrecorded, and with scale_grad_by_freq every
    /// row's gradient divided by how often it is looked up.
    /// </summary>
    public static Tensor Table(Tensor weight, Tensor index, Arguments a)
    {
        var rows = weight;
        if (a.FloatOrNone("max_norm") is { } most)
        {
            var norms = weight.Detach().Norm(a.Float("norm_type"), [1], keep: true);
            rows += weight.Detach() * ((most / (norms + 1e-7)).Clamp(high: 1) - 1).MaskedFill(norms <= most, 0);
        }
        if (!a.Bool("scale_grad_by_freq")) return rows;
        var share = 1 / index.Reshape(index.Count).BinCount(least: weight.Shape[0]).To(weight.DType).Clamp(1).Unsqueeze(1);
        return rows * share + rows.Detach() * (1 - share);
    }

    /// <summary>An index counted from the front, given one counted from either end.</summary>
    public static int? Place(int? index, int count) => index < 0 ? index + count : index;

    public static Bag Bags(string mode) => mode switch { "sum" => Bag.Sum, "max" => Bag.Max, _ => Bag.Mean };

    /// <summary>Where the bags begin; PyTorch may give their end with them.</summary>
    public static Tensor? Ends(Tensor? offsets, bool last) => last ? offsets?.Slice(0, 0, offsets.Count - 1) : offsets;

    static (string Signature, Func<Arguments, object?> Body)[] Rows =>
    [
        ("softmax(input, dim, dtype=None)", a => a.Converted().Softmax(a.Int("dim"))),
        ("log_softmax(input, dim, dtype=None)", a => a.Converted().LogSoftmax(a.Int("dim"))),
        ("softmin(input, dim, dtype=None)", a => (-a.Converted()).Softmax(a.Int("dim"))),
        ("layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5)", LayerNorm),
    ];

    /// <summary>Over the last axes together: they are merged into one first.</summary>
    static Tensor LayerNorm(Arguments a)
    {
        var x = a.Input();
        int from = x.Rank - a.Ints("normalized_shape").Length;
        var y = x.Flatten(from).LayerNorm(a.TensorOrNone("weight")?.Reshape(-1), a.TensorOrNone("bias")?.Reshape(-1), a.Float("eps"));
        return y.Reshape(x.Shape.Sizes);
    }
}
