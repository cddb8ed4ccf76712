using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Scans =>
    [
        ("cumsum(input, dim, dtype=None)", a => Scanned(a, (x, axis) => x.CumSum(axis))),
        ("cumprod(input, dim, dtype=None)", a => Scanned(a, (x, axis) => x.CumProd(axis))),
        ("logcumsumexp(input, dim, dtype=None)", a => Scanned(a, (x, axis) => x.LogCumSumExp(axis))),
        ("cummax(input, dim)", a => Both(a, x => x.CumMax(a.Int("dim")))),
        ("cummin(input, dim)", a => Both(a, x => x.CumMin(a.Int("dim")))),
        ("sort(input, dim=-1, descending=False, stable=False)", a => Both(a, x => x.Sort(a.Int("dim"), a.Bool("descending")))),
        ("argsort(input, dim=-1, descending=False, stable=False)", a => Both(a, x => x.Sort(a.Int("dim"), a.Bool("descending")))[1]),
        ("msort(input)", a => a.Input().Sort(0).Values),
        ("topk(input, k, dim=-1, largest=True, sorted=True)", a => Both(a, x => x.TopK(a.Int("k"), a.Int("dim"), a.Bool("largest")))),
        ("kthvalue(input, k, dim=-1, keepdim=False)", a => Reduced(a, (x, axis, keep) => x.KthValue(a.Int("k"), axis, keep))),
        ("median(input, dim=None, keepdim=False)", Median),
    ];

    /// <summary>The input, of the type that dtype asks for.</summary>
    static Tensor Converted(this Arguments a) => a.Type() is { } type ? a.Input().To(type) : a.Input();

    /// <summary>A scan along dim; a tensor of rank 0 is one number.</summary>
    static Tensor Scanned(Arguments a, Func<Tensor, int, Tensor> scan)
    {
        var x = a.Converted();
        return x.Rank == 0 ? scan(x.Reshape(1), a.Int("dim")).Reshape() : scan(x, a.Int("dim"));
    }

    /// <summary>Values and indices of the input; a tensor of rank 0 is one number.</summary>
    static object?[] Both(Arguments a, Func<Tensor, (Tensor Values, Tensor Indices)> f)
    {
        bool single = a.Input().Rank == 0;
        var (values, indices) = f(single ? a.Input().Reshape(1) : a.Input());
        return single ? [values.Reshape(), indices.Reshape()] : [values, indices];
    }

    static object?[] Reduced(Arguments a, Func<Tensor, int, bool, (Tensor, Tensor)> f) =>
        a.Input().Rank == 0 ? Both(a, x => f(x, a.Int("dim"), true)) : Both(a, x => f(x, a.Int("dim"), a.Bool("keepdim")));

    /// <summary>Along dim; without it of all numbers, where equal ones share the gradient.</summary>
    static object? Median(Arguments a)
    {
        if (a.Has("dim")) return Reduced(a, (x, axis, keep) => x.Median(axis, keep));
        var x = a.Input().Reshape(a.Input().Count);
        var middle = x.Detach().Median().Values;
        var hits = x.Detach().EqualTo(middle);
        return double.IsNaN(middle.Item()) ? x.Sum() * double.NaN : x.MaskedFill(!hits, 0).Sum() / hits.To(x.DType).Sum();
    }
}
