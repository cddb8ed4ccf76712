using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Shapes =>
    [
        ("reshape(input, *shape)", a => a.Input().Reshape(a.Ints("shape"))),
        ("view(input, *shape)", a => a.Input().Reshape(a.Ints("shape"))),
        ("flatten(input, start_dim=0, end_dim=-1)", a => a.Input().Rank == 0 ? a.Input().Reshape(1) : a.Input().Flatten(a.Int("start_dim"), a.Int("end_dim"))),
        ("unflatten(input, dim, sizes)", a => Unflatten(a.Input(), a.Input().Shape.Axis(a.Int("dim")), a.Ints("sizes"))),
        ("transpose(input, dim0, dim1)", a => a.Input().Transpose(a.Int("dim0"), a.Int("dim1"))),
        ("swapaxes(input, axis0, axis1)", a => a.Input().Transpose(a.Int("axis0"), a.Int("axis1"))),
        ("t(input)", a => a.Input().Rank < 2 ? a.Input() : a.Input().Transpose()),
        ("permute(input, *dims)", a => a.Input().Permute(a.Ints("dims"))),
        ("movedim(input, source, destination)", a => MoveAxis(a.Input(), a.Int("source"), a.Int("destination"))),
        ("squeeze(input, dim=None)", Squeeze),
        ("unsqueeze(input, dim)", a => a.Input().Unsqueeze(a.Int("dim"))),
        ("expand(input, *size)", a => a.Input().Expand(a.Ints("size"))),
        ("expand_as(input, other)", a => a.Input().Expand(a.Tensor("other").Shape.Sizes)),
        ("contiguous(input)", a => a.Input().Contiguous()),
        ("narrow(input, dim, start, length)", a => a.Input().Slice(a.Int("dim"), a.Int("start"), a.Int("length"))),
        ("select(input, dim, index)", a => a.Input().Select(a.Int("dim"), a.Int("index"))),
        ("index_select(input, dim, index)", a => IndexSelect(a.Input(), a.Int("dim"), a.Tensor("index"))),
        ("cat(tensors, dim=0)", a => NanoAttention.Tensor.Concat(a.Tensors("tensors"), a.Int("dim"))),
        ("stack(tensors, dim=0)", a => NanoAttention.Tensor.Stack(a.Tensors("tensors"), a.Int("dim"))),
        ("split(input, split_size_or_sections, dim=0)", a => Split(a, a.Ints("split_size_or_sections"))),
        ("chunk(input, chunks, dim=0)", a => Split(a, [(a.Input().Shape[a.Input().Shape.Axis(a.Int("dim"))] + a.Int("chunks") - 1) / a.Int("chunks")])),
        ("unbind(input, dim=0)", a => a.Input().Unbind(a.Int("dim"))),
        ("size(input, dim=None)", a => a.IntOrNone("dim") is { } axis ? (long)a.Input().Shape[a.Input().Shape.Axis(axis)] : Attributes["shape"](a.Input())),
        ("zeros(*size)", a => NanoAttention.Tensor.Zeros([.. a.Ints("size")])),
        ("ones(*size)", a => NanoAttention.Tensor.Ones([.. a.Ints("size")])),
        ("zeros_like(input)", a => NanoAttention.Tensor.Zeros(a.Input().Shape, a.Input().DType)),
        ("ones_like(input)", a => NanoAttention.Tensor.Ones(a.Input().Shape, a.Input().DType)),
        ("full(size, fill_value)", a => NanoAttention.Tensor.Full([.. a.Ints("size")], a.Float("fill_value"))),
        ("eye(n)", a => NanoAttention.Tensor.Eye(a.Int("n"))),
    ];

    public static Tensor MoveAxis(Tensor x, int from, int to)
    {
        List<int> order = [.. Enumerable.Range(0, x.Rank)];
        order.RemoveAt(x.Shape.Axis(from));
        order.Insert(x.Shape.Axis(to), x.Shape.Axis(from));
        return x.Permute([.. order]);
    }

    static Tensor Unflatten(Tensor x, int axis, int[] sizes) => x.Reshape([.. x.Shape.Sizes[..axis], .. sizes, .. x.Shape.Sizes[(axis + 1)..]]);

    /// <summary>Without the named axis, or all, of size 1; another size stays.</summary>
    static Tensor Squeeze(Arguments a)
    {
        var x = a.Input();
        int? only = a.IntOrNone("dim") is { } axis ? x.Shape.Axis(axis) : null;
        for (int i = x.Rank - 1; i >= 0; i--)
            if (x.Shape[i] == 1 && (only ?? i) == i) x = x.Squeeze(i);
        return x;
    }

    /// <summary>Parts of the given sizes; one size stands for as many as there are, the last one smaller.</summary>
    static Tensor[] Split(Arguments a, int[] sizes)
    {
        int axis = a.Input().Shape.Axis(a.Int("dim")), whole = a.Input().Shape[axis];
        if (sizes is [var size]) sizes = [.. Enumerable.Range(0, (whole + size - 1) / size).Select(i => Math.Min(size, whole - i * size))];
        return a.Input().Split(sizes, axis);
    }

    /// <summary>The slices along an axis that the indices name, in their order; the indices' axes take its place.</summary>
    public static Tensor IndexSelect(Tensor x, int axis, Tensor index)
    {
        var front = MoveAxis(x, axis, 0);
        var rows = front.Reshape(x.Shape[x.Shape.Axis(axis)], -1).Gather(index).Reshape([.. index.Shape.Sizes, .. front.Shape.Sizes[1..]]);
        int at = x.Shape.Axis(axis), many = index.Rank;
        return rows.Permute([.. Enumerable.Range(many, at), .. Enumerable.Range(0, many), .. Enumerable.Range(many + at, x.Rank - 1 - at)]);
    }
}
