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
        ("linear(input, weight, bias=None)", a => a.Input().Linear(a.Tensor("weight"), a.TensorOrNone("bias"))),
        ("embedding(input, weight)", a => a.Tensor("weight").Gather(a.Input())),
    ];

    static (string Signature, Func<Arguments, object?> Body)[] Rows =>
    [
        ("softmax(input, dim)", a => a.Input().Softmax(a.Int("dim"))),
        ("log_softmax(input, dim)", a => a.Input().LogSoftmax(a.Int("dim"))),
        ("softmin(input, dim)", a => (-a.Input()).Softmax(a.Int("dim"))),
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
