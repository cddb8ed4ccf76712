using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Indexing =>
    [
        ("gather(input, dim, index)", a => a.Input().TakeAlong(a.Int("dim"), a.Tensor("index"))),
        ("take(input, index)", a => a.Input().Take(a.Tensor("index"))),
        ("take_along_dim(input, indices, dim=None)", TakeAlongDim),
        ("scatter(input, dim, index, src, reduce=None)", a => Scatter(a, "src", a["reduce"] is null ? "" : a.Text("reduce"))),
        ("scatter_add(input, dim, index, src)", a => Scatter(a, "src", "sum")),
        ("scatter_reduce(input, dim, index, src, reduce, include_self=True)",
            a => Scatter(a, "src", a.Text("reduce"), a.Bool("include_self"))),
        ("index_add(input, dim, index, source, alpha=1)",
            a => a.Input().IndexAdd(a.Int("dim"), a.Tensor("index"), a.Tensor("source"), a.Float("alpha"))),
        ("index_copy(input, dim, index, source)", a => a.Input().IndexPut(a.Int("dim"), a.Tensor("index"), a.Tensor("source"))),
        ("index_fill(input, dim, index, value)",
            a => a.Input().IndexPut(a.Int("dim"), a.Tensor("index"), a.Tensor("value").To(a.Input().DType).Reshape())),
        ("index_reduce(input, dim, index, source, reduce, include_self=True)",
            a => a.Input().IndexPut(a.Int("dim"), a.Tensor("index"), a.Tensor("source"), ScatterHow(a.Text("reduce")), a.Bool("include_self"))),
        ("index_put(input, indices, values, accumulate=False)",
            a => TorchIndex.Write(a.Input(), a["indices"], a.Tensor("values"), a.Bool("accumulate"))),
        ("masked_select(input, mask)", MaskedSelect),
        ("masked_scatter(input, mask, source)",
            a => a.Input().MaskedScatter(a.Tensor("mask").Expand(a.Input().Shape.Sizes), a.Tensor("source"))),
        ("nonzero(input, as_tuple=False)", a => a.Bool("as_tuple") ? a.Input().NonZero().Unbind(1) : a.Input().NonZero()),
        ("argwhere(input)", a => a.Input().NonZero()),
        ("bincount(input, weights=None, minlength=0)", a => a.Input().BinCount(a.TensorOrNone("weights"), a.Int("minlength"))),
        ("select_scatter(input, src, dim, index)", SelectScatter),
        ("slice_scatter(input, src, dim=0, start=None, end=None, step=1)", SliceScatter),
    ];

    /// <summary>Input and indices broadcast but for the axis; without one both are read in row-major order.</summary>
    static Tensor TakeAlongDim(Arguments a)
    {
        Tensor x = a.Input(), i = a.Tensor("indices");
        if (a.IntOrNone("dim") is not { } dim) return x.Take(i.Reshape(i.Count));
        int axis = x.Shape.Axis(dim);
        var shape = Shape.Broadcast(x.Shape.With(axis, 1), i.Shape.With(axis, 1));
        return x.Expand(shape.With(axis, x.Shape[axis]).Sizes).TakeAlong(axis, i.Expand(shape.With(axis, i.Shape[axis]).Sizes));
    }

    /// <summary>Numbers, or one of them, put where the indices point.</summary>
    static Tensor Scatter(Arguments a, string source, string how, bool self = true)
    {
        Tensor x = a.Input(), i = a.Tensor("index");
        var values = a[source] is Tensor given ? given : NanoAttention.Tensor.Scalar(a.Float(source), x.DType).Expand(i.Shape.Sizes);
        return x.Scatter(a.Int("dim"), i, values, ScatterHow(how), self);
    }

    static ScatterReduction ScatterHow(string name) => name switch
    {
        "" => ScatterReduction.None,
        "sum" or "add" => ScatterReduction.Sum,
        "prod" or "multiply" => ScatterReduction.Product,
        "amax" => ScatterReduction.Max,
        "amin" => ScatterReduction.Min,
        "mean" => ScatterReduction.Mean,
        _ => throw new NotSupportedByEngineException($"scatter with {name}"),
    };

    static Tensor MaskedSelect(Arguments a)
    {
        var shape = Shape.Broadcast(a.Input().Shape, a.Tensor("mask").Shape);
        return a.Input().Expand(shape.Sizes).MaskedSelect(a.Tensor("mask").Expand(shape.Sizes));
    }

    static Tensor SelectScatter(Arguments a)
    {
        int axis = a.Input().Shape.Axis(a.Int("dim")), n = a.Input().Shape[axis];
        return a.Input().SliceScatter(a.Tensor("src").Unsqueeze(axis), axis, (a.Int("index") + n) % n);
    }

    static Tensor SliceScatter(Arguments a)
    {
        int axis = a.Input().Shape.Axis(a.Int("dim"));
        int[] places = [.. Plain.Positions(new(a.IntOrNone("start"), a.IntOrNone("end"), a.Int("step")), a.Input().Shape[axis])];
        return places.Length == 0 ? a.Input() : a.Input().SliceScatter(a.Tensor("src"), axis, places[0], a.Int("step"));
    }
}
