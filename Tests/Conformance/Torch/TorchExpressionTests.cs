using NanoAttention.Tests.Conformance;
using NanoAttention.Tests.Python;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>Expressions of known functions, in mixes that no case holds; what they must give is worked out by hand.</summary>
public sealed class TorchExpressionTests
{
    static readonly Tensor x = Tensor.Of([1, 2, 3, 4, 5, 6], [2, 3], DType.F64);

    static Tensor Value(string expression, params (string Name, object? Value)[] names)
    {
        using var defaults = Defaults.With(dtype: DType.F64);
        Dictionary<string, object?> all = new() { ["x"] = x };
        foreach (var (name, value) in names) all.Add(name, value);
        return (Tensor)Evaluator.Evaluate(expression, new TorchObjects(all))!;
    }

    [Theory]
    [InlineData("x.t() @ x", new[] { 3, 3 }, new[] { 17.0, 22, 27, 22, 29, 36, 27, 36, 45 })]
    [InlineData("-x[..., ::2] ** 2", new[] { 2, 2 }, new[] { -1.0, -9, -16, -36 })]
    [InlineData("x[None, 1:, -1] * 2 - 1", new[] { 1, 1 }, new[] { 11.0 })]
    [InlineData("10 / torch.sum(x, dim=[0, 1], keepdim=True)", new[] { 1, 1 }, new[] { 10.0 / 21 })]
    [InlineData("torch.where(~(x > 2) | (x >= 6), x, 0 * x)", new[] { 2, 3 }, new[] { 1.0, 2, 0, 0, 0, 6 })]
    [InlineData("torch.cat([x[:, i], x.mean(1, keepdim=True)], -1)", new[] { 2, 3 }, new[] { 3.0, 1, 2, 6, 4, 5 })]
    [InlineData("torch.max(x.transpose(0, 1), 1)[0]", new[] { 3 }, new[] { 4.0, 5, 6 })]
    [InlineData("x.reshape(x.shape[1], -1).unsqueeze(0).squeeze()", new[] { 3, 2 }, new[] { 1.0, 2, 3, 4, 5, 6 })]
    [InlineData("torch.var(x, (0, 1), unbiased=False).sqrt() ** 2", new int[0], new[] { 35.0 / 12 })]
    [InlineData("torch.split(x, [1, 2], dim=1)[1].movedim(0, -1)", new[] { 2, 2 }, new[] { 2.0, 5, 3, 6 })]
    [InlineData("torch.meshgrid(x[0], x[1, :2], indexing='xy')[0]", new[] { 2, 3 }, new[] { 1.0, 2, 3, 1, 2, 3 })]
    [InlineData("torch.meshgrid(x[0], x[1, :2], indexing='xy')[1]", new[] { 2, 3 }, new[] { 4.0, 4, 4, 5, 5, 5 })]
    [InlineData("x.max(1).values + x.min(1).indices", new[] { 2 }, new[] { 3.0, 6 })]
    [InlineData("(x > 2).sum() + torch.arange(3) // 2", new[] { 3 }, new[] { 4.0, 4, 5 })]
    [InlineData("x.clamp(x[0, 1], x[1, 0])", new[] { 2, 3 }, new[] { 2.0, 2, 3, 4, 4, 4 })]
    [InlineData("x.clamp(min=5, max=2)", new[] { 2, 3 }, new[] { 2.0, 2, 2, 2, 2, 2 })]
    [InlineData("x.where(x > 3, -x).masked_fill(x > 5, x[0, 0])", new[] { 2, 3 }, new[] { -1.0, -2, -3, 4, 5, 1 })]
    [InlineData("F.linear(x, x[0]) + torch.cat([x[0, :0], x[0]]).sum()", new[] { 2 }, new[] { 20.0, 38 })]
    [InlineData("torch.quantile(x, torch.tensor([0.0, 0.75]), dim=1, interpolation='lower')", new[] { 2, 2 }, new[] { 1.0, 4, 2, 5 })]
    [InlineData("torch.diagonal_scatter(x, x[0, :2], 1)", new[] { 2, 3 }, new[] { 1.0, 1, 3, 4, 5, 2 })]
    [InlineData("torch.cross(x, x.flip(1))", new[] { 2, 3 }, new[] { -4.0, 8, -4, -10, 20, -10 })]
    [InlineData("torch.linalg.cross(x.t(), x.t().flip(0), dim=0).t()", new[] { 2, 3 }, new[] { -4.0, 8, -4, -10, 20, -10 })]
    [InlineData("torch.diff(x * x, n=2, prepend=x[:, :1])", new[] { 2, 2 }, new[] { 3.0, 2, -3, 2 })]
    [InlineData("torch.diff(x, dim=0)", new[] { 1, 3 }, new[] { 3.0, 3, 3 })]
    [InlineData("torch.hsplit(x, 3)[1]", new[] { 2, 1 }, new[] { 2.0, 5 })]
    [InlineData("torch.vsplit(x, [1])[1]", new[] { 1, 3 }, new[] { 4.0, 5, 6 })]
    [InlineData("torch.dsplit(x.unsqueeze(0), [2])[1]", new[] { 1, 2, 1 }, new[] { 3.0, 6 })]
    [InlineData("torch.nansum(torch.where(x > 2, x, x * torch.nan), 1)", new[] { 2 }, new[] { 3.0, 15 })]
    [InlineData("torch.nanmean(torch.where(x > 2, x, x * torch.nan), 1, keepdim=True)", new[] { 2, 1 }, new[] { 3.0, 5 })]
    [InlineData("x.new_zeros(1, 2) + x.new_ones((2,)) + x.new_full([2], 3)", new[] { 1, 2 }, new[] { 4.0, 4 })]
    [InlineData("torch.var(x, False)", new int[0], new[] { 35.0 / 12 })]
    [InlineData("torch.var(x, 1, correction=0)", new[] { 2 }, new[] { 2.0 / 3, 2.0 / 3 })]
    [InlineData("torch.trapezoid(x, x * x)", new[] { 2 }, new[] { 17.0, 101 })]
    [InlineData("torch.cumulative_trapezoid(x, dx=2, dim=1)", new[] { 2, 2 }, new[] { 3.0, 8, 9, 20 })]
    [InlineData("torch.cov(x)", new[] { 2, 2 }, new[] { 1.0, 1, 1, 1 })]
    [InlineData("torch.corrcoef(x * x)[0, :1]", new[] { 1 }, new[] { 1.0 })]
    [InlineData("torch.vander(x[0], N=2)", new[] { 3, 2 }, new[] { 1.0, 1, 2, 1, 3, 1 })]
    [InlineData("torch.quantile(x, 0.25, dim=1)", new[] { 2 }, new[] { 1.5, 4.5 })]
    [InlineData("torch.searchsorted(x[0], x - 1, right=True)", new[] { 2, 3 }, new[] { 0.0, 1, 2, 3, 3, 3 })]
    [InlineData("torch.bucketize(x, x[0])", new[] { 2, 3 }, new[] { 0.0, 1, 2, 3, 3, 3 })]
    [InlineData("torch.unique(x % 2)", new[] { 2 }, new[] { 0.0, 1 })]
    [InlineData("torch.unique(x % 2, return_inverse=True, return_counts=True)[1]", new[] { 2, 3 }, new[] { 1.0, 0, 1, 0, 1, 0 })]
    [InlineData("torch.linalg.det(x[:, 1:]) + torch.det(x[:, :2])", new int[0], new[] { -6.0 })]
    [InlineData("torch.cdist(x, x, p=1)", new[] { 2, 2 }, new[] { 0.0, 9, 9, 0 })]
    [InlineData("F.pdist(x, 1)", new[] { 1 }, new[] { 9.0 })]
    [InlineData("F.cosine_similarity(x, -2 * x, dim=0)", new[] { 3 }, new[] { -1.0, -1, -1 })]
    [InlineData("torch.linalg.norm(x, 1) * torch.linalg.norm(x, inf, (0, 1), True)", new[] { 1, 1 }, new[] { 135.0 })]
    [InlineData("torch.linalg.norm(x, dim=1) ** 2", new[] { 2 }, new[] { 14.0, 77 })]
    [InlineData("torch.matrix_power(x[:, :2], 2)", new[] { 2, 2 }, new[] { 9.0, 12, 24, 33 })]
    [InlineData("torch.combinations(x[0])", new[] { 3, 2 }, new[] { 1.0, 2, 1, 3, 2, 3 })]
    [InlineData("torch.tril_indices(2, 2)", new[] { 2, 3 }, new[] { 0.0, 1, 1, 0, 0, 1 })]
    [InlineData("F.interpolate(x[None], size=1, mode='linear', antialias=True)", new[] { 1, 2, 1 }, new[] { 2.0, 5 })]
    [InlineData("torch.bitwise_or(x > 5, torch.less(x, 2)).float().multiply(2).numel() * x.dim() + torch.tensor([1.0, 2])", new[] { 2 }, new[] { 13.0, 14 })]
    public void An_expression_means_what_it_means_in_PyTorch(string expression, int[] shape, double[] values)
    {
        var y = Value(expression, ("i", Tensor.From([2, 0], [2])));
        Assert.Equal(shape, y.Shape.Sizes.ToArray());
        Close.Check(expression, y.ToDoubles(), values, 1e-14, 0);
    }

    /// <summary>Attention whose answer a mean or a single key gives away.</summary>
    [Theory]
    [InlineData("ref.luong(x, k, 'concat', w, v)[0]", new[] { 2, 3 }, new[] { 1.0, 2, 3, 4, 5, 6 })]                    // one key alone
    [InlineData("ref.luong(x, k, 'concat', W=w, v=v)[1]", new[] { 2, 1 }, new[] { 1.0, 1 })]
    [InlineData("ref.linear_attention(0 * x, x, x)", new[] { 2, 3 }, new[] { 3.0, 4, 5, 3, 4, 5 })]
    [InlineData("ref.alibi_attention(x[None, None], 0 * x[None, None], x[None, None])[1].flatten()", new[] { 4 }, new[] { 1, 0, 0.4990234387417615, 0.5009765612582384 })]
    [InlineData("ref.rope(x[:, :2], base=3, offset=0)[0]", new[] { 2 }, new[] { 1.0, 2 })]
    [InlineData("ref.sinusoidal(2, 2, base=5)", new[] { 2, 2 }, new[] { 0, 1, 0.8414709848078965, 0.5403023058681398 })]
    [InlineData("ref.crf_log_likelihood(0 * x, torch.zeros(3, 3), torch.zeros(3), torch.zeros(3), [2, 0])", new int[0], new[] { -2.1972245773362196 })]
    public void Attention_means_what_it_is_defined_as(string expression, int[] shape, double[] values)
    {
        var y = Value(expression, ("k", x.Unsqueeze(1)), ("w", Tensor.Ones([4, 6], DType.F64)), ("v", Tensor.Ones([4], DType.F64)));
        Assert.Equal(shape, y.Shape.Sizes.ToArray());
        Close.Check(expression, y.ToDoubles(), values, 1e-14, 0);
    }

    /// <summary>PyTorch's attention without a batch, and with keys of its own.</summary>
    [Theory]
    [InlineData("m(x, x, x)[0]", new[] { 2, 4 })]
    [InlineData("m(x, x, x)[1]", new[] { 2, 4 })]
    [InlineData("m(x, x, x, average_attn_weights=False)[1]", new[] { 2, 2, 4 })]
    [InlineData("m(b, b, b, key_padding_mask=p)[0]", new[] { 2, 3, 4 })]
    [InlineData("m(b, b, b, key_padding_mask=p)[1]", new[] { 3, 2, 4 })]
    public void Attention_has_PyTorchs_shapes(string expression, int[] shape)
    {
        using var defaults = Defaults.With(dtype: DType.F64);
        var own = new MultiHeadAttention(4, 2, trainedKey: true).StateDict().ToDictionary();
        var m = TorchModule.Create("MultiheadAttention", new() { ["embed_dim"] = 4L, ["num_heads"] = 2L, ["add_bias_kv"] = true, ["add_zero_attn"] = true }, training: true, own);
        var y = Value(expression.Replace("x", "z"), ("m", m), ("z", Tensor.Normal([2, 4])), ("b", Tensor.Normal([2, 3, 4])), ("p", Tensor.From([true, false, false, false, true, true], [3, 2])));
        Assert.Equal(shape, y.Shape.Sizes.ToArray());
    }

    /// <summary>y = σ″-deep: the slope of the slope by a layer's weight reaches the tensor that the weight was given as.</summary>
    [Fact]
    public void Second_slopes_pass_through_a_layer()
    {
        using var defaults = Defaults.With(dtype: DType.F64);
        var w = Tensor.Of([0.5], [1, 1]).RequireGrad();
        var y = Value("ref.swiglu(one, w, one, one)", ("one", Tensor.Ones([1, 1])), ("w", w));
        var slope = Reverse.Gradients(y, [w], Tensor.Ones([1, 1]), createGraph: true)[0]!;
        double s = 1 / (1 + Math.Exp(-0.5)), second = s * (1 - s) * (2 + 0.5 * (1 - 2 * s));    // (z σ(z))″
        Assert.Equal(second, Reverse.Gradients(slope, [w], Tensor.Ones([1, 1]))[0]!.Item(), 1e-14);
    }

    [Theory]
    [InlineData("torch.no_such_function(x)", "torch.no_such_function")]
    [InlineData("x.no_such_method()", "x.no_such_method")]
    [InlineData("x.sum(1, out=x)", "sum has no argument out")]
    [InlineData("x << 2", "lshift")]
    public void What_is_missing_is_named(string expression, string name) =>
        Assert.Equal(name, Assert.Throws<NotSupportedByEngineException>(() => Value(expression)).Message);

    [Theory]
    [InlineData("x.shape.nothing", 7)]
    [InlineData("x if x else 0", 5)]
    [InlineData("3(x)", 1)]
    public void A_wrong_expression_is_refused_at_its_column(string expression, int column) =>
        Assert.Equal(column, Assert.Throws<PythonException>(() => Value(expression)).Position);
}
