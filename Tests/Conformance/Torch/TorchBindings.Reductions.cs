using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Reductions =>
    [
        ("sum(input, dim=None, keepdim=False, dtype=None)", a => a.Converted().Sum(a.Axes(), a.Bool("keepdim"))),
        ("mean(input, dim=None, keepdim=False, dtype=None)", a => a.Converted().Mean(a.Axes(), a.Bool("keepdim"))),
        ("nansum(input, dim=None, keepdim=False, dtype=None)", a => a.Converted().NanSum(a.Axes(), a.Bool("keepdim"))),
        ("nanmean(input, dim=None, keepdim=False, dtype=None)", a => a.Converted().NanMean(a.Axes(), a.Bool("keepdim"))),
        ("amax(input, dim=None, keepdim=False)", a => a.Input().Max(a.Axes(), a.Bool("keepdim"))),
        ("amin(input, dim=None, keepdim=False)", a => a.Input().Min(a.Axes(), a.Bool("keepdim"))),
        ("max(input, dim=None, keepdim=False)", a => Extreme(a, x => x.Max(), (x, y) => x.Maximum(y), (x, axis) => x.ArgMax(axis, keep: true))),
        ("min(input, dim=None, keepdim=False)", a => Extreme(a, x => x.Min(), (x, y) => x.Minimum(y), (x, axis) => x.ArgMin(axis, keep: true))),
        ("argmax(input, dim=None, keepdim=False)", a => ArgExtreme(a, (x, axis, keep) => x.ArgMax(axis, keep))),
        ("argmin(input, dim=None, keepdim=False)", a => ArgExtreme(a, (x, axis, keep) => x.ArgMin(axis, keep))),
        ("var(input, dim=None, unbiased=True, keepdim=False, correction=None)", a => OverAxes(a, (x, axis) => x.Var(axis, Correction(a)))),
        ("std(input, dim=None, unbiased=True, keepdim=False, correction=None)", a => OverAxes(a, (x, axis) => x.Std(axis, Correction(a)))),
        ("var_mean(input, dim=None, unbiased=True, keepdim=False, correction=None)",
            a => (object?[])[OverAxes(a, (x, axis) => x.Var(axis, Correction(a))), a.Input().Mean(a.Axes(), a.Bool("keepdim"))]),
        ("logsumexp(input, dim, keepdim=False)", a => OverAxes(a, (x, axis) => x.LogSumExp(axis))),
        ("std_mean(input, dim=None, unbiased=True, keepdim=False, correction=None)",
            a => (object?[])[OverAxes(a, (x, axis) => x.Std(axis, Correction(a))), a.Input().Mean(a.Axes(), a.Bool("keepdim"))]),
        ("aminmax(input, dim=None, keepdim=False)", a => (object?[])[a.Input().Min(a.Axes(), a.Bool("keepdim")), a.Input().Max(a.Axes(), a.Bool("keepdim"))]),
        ("prod(input, dim=None, keepdim=False, dtype=None)", a => a.Converted().Prod(a.Axes(), a.Bool("keepdim"))),
        ("count_nonzero(input, dim=None)", a => a.Input().CountNonZero(a.Axes())),
        ("any(input, dim=None, keepdim=False)", a => a.Kept(a.Input().Any(a.Axes()))),
        ("all(input, dim=None, keepdim=False)", a => a.Kept(a.Input().All(a.Axes()))),
        ("vector_norm(x, ord=2, dim=None, keepdim=False)", a => Norm(a, a.Tensor("x"), a.Float("ord"))),
        ("norm(input, p='fro', dim=None, keepdim=False)", a => Norm(a, a.Input(), a["p"] is string ? 2 : a.Float("p"))),
        ("normalize(input, p=2.0, dim=1, eps=1e-12)", a => a.Input().Normalize(a.Float("p"), a.Int("dim"), a.Float("eps"))),
    ];

    /// <summary>That of a variance: a number, or whether it is unbiased, which may stand in the place of dim.</summary>
    static int Correction(Arguments a) => a.IntOrNone("correction") ?? ((a["dim"] is bool alone ? alone : a.Bool("unbiased")) ? 1 : 0);

    /// <summary>The axes named by dim: all where there is none.</summary>
    static int[] Axes(this Arguments a) => a.Axes(a.Input());

    static int[] Axes(this Arguments a, Tensor x) => x.Rank > 0 && a["dim"] is not bool && a.IntsOrNone("dim") is { Length: > 0 } axes ? axes : [.. Enumerable.Range(0, x.Rank)];

    /// <summary>A reduction of the input with the axes that it dropped, if keepdim asks for them.</summary>
    static Tensor Kept(this Arguments a, Tensor y)
    {
        if (!a.Bool("keepdim")) return y;
        var x = a.Input();
        int[] gone = [.. a.Axes().Select(i => x.Shape.Axis(i))];
        return y.Reshape([.. x.Shape.Select((n, i) => gone.Contains(i) ? 1 : n)]);
    }

    static Tensor Norm(Arguments a, Tensor x, double order) => x.Norm(order, a.Axes(x), a.Bool("keepdim"));

    /// <summary>A reduction of one axis, over all that dim names: they are brought to the end and merged first.</summary>
    static Tensor OverAxes(Arguments a, Func<Tensor, int, Tensor> reduce)
    {
        var x = a.Input();
        int[] gone = [.. a.Axes().Select(i => x.Shape.Axis(i)).Order()];
        int[] kept = [.. Enumerable.Range(0, x.Rank).Except(gone)];
        int[] sizes = [.. kept.Select(i => x.Shape[i])];
        var merged = gone is [var one] ? reduce(x, one) : reduce(x.Permute([.. kept, .. gone]).Reshape([.. sizes, gone.Aggregate(1, (n, i) => n * x.Shape[i])]), -1);
        return a.Bool("keepdim") ? merged.Reshape([.. x.Shape.Select((n, i) => gone.Contains(i) ? 1 : n)]) : merged;
    }

    /// <summary>Three functions in one: of all numbers, of two tensors, or values and indices along dim, where the first of equals takes the gradient.</summary>
    static object? Extreme(Arguments a, Func<Tensor, Tensor> all, Func<Tensor, Tensor, Tensor> two, Func<Tensor, int, Tensor> where)
    {
        var x = a.Input();
        if (a["dim"] is null) return all(x);
        if (a["dim"] is Tensor other) return two(x, other);
        int axis = x.Shape.Axis(a.Int("dim"));
        var index = where(x, axis);
        int[] along = [.. Enumerable.Range(0, x.Rank).Select(i => i == axis ? x.Shape[axis] : 1)];
        var here = index.EqualTo(NanoAttention.Tensor.Arange(x.Shape[axis], DType.I32).Reshape(along));
        var values = NanoAttention.Tensor.Where(here, x, NanoAttention.Tensor.Scalar(0, x.DType)).Sum(axis, a.Bool("keepdim"));
        return (object?[])[values, a.Bool("keepdim") ? index : index.Squeeze(axis)];
    }

    static Tensor ArgExtreme(Arguments a, Func<Tensor, int, bool, Tensor> along) => a.IntOrNone("dim") is { } axis
        ? along(a.Input(), axis, a.Bool("keepdim")) : along(a.Input().Reshape(-1), 0, false);
}
