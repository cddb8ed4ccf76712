using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Elementwise =>
    [
        ("add(input, other, alpha=1)", a => Scaled(a, (x, y) => x + y, (x, s) => x + s, (s, x) => s + x)),
        ("sub(input, other, alpha=1)", a => Scaled(a, (x, y) => x - y, (x, s) => x - s, (s, x) => s - x)),
        ("mul(input, other)", a => Two(a, (x, y) => x * y, (x, s) => x * s, (s, x) => s * x)),
        ("div(input, other)", a => Two(a, (x, y) => x / y, (x, s) => x / s, (s, x) => s / x)),
        ("neg(input)", a => -a.Input()),
        ("positive(input)", a => a.Input()),
        ("pow(input, exponent)", Power),
        ("square(input)", a => a.Input().Pow(2)),
        ("reciprocal(input)", a => a.Input().Pow(-1)),
        ("addcdiv(input, tensor1, tensor2, value=1)", a => a.Input() + a.Float("value") * (a.Tensor("tensor1") / a.Tensor("tensor2"))),
        ("addcmul(input, tensor1, tensor2, value=1)", a => a.Input() + a.Float("value") * (a.Tensor("tensor1") * a.Tensor("tensor2"))),
        ("abs(input)", a => a.Input().Abs()),
        ("exp(input)", a => a.Input().Exp()),
        ("log(input)", a => a.Input().Log()),
        ("sqrt(input)", a => a.Input().Sqrt()),
        ("sin(input)", a => a.Input().Sin()),
        ("cos(input)", a => a.Input().Cos()),
        ("tanh(input)", a => a.Input().Tanh()),
        ("sigmoid(input)", a => a.Input().Sigmoid()),
        ("relu(input)", a => a.Input().Relu()),
        ("silu(input)", a => a.Input().Silu()),
        ("gelu(input, approximate='none')", a => a.Text("approximate") == "tanh" ? a.Input().GeluTanh() : a.Input().Gelu()),
        ("clamp(input, min=None, max=None)", a => a.Input().Clamp(a.FloatOrNone("min") ?? double.NegativeInfinity, a.FloatOrNone("max") ?? double.PositiveInfinity)),
        ("maximum(input, other)", a => a.Input().Maximum(a.Tensor("other"))),
        ("minimum(input, other)", a => a.Input().Minimum(a.Tensor("other"))),
        ("where(condition, input=None, other=None)", a => a.Has("input")
            ? NanoAttention.Tensor.Where(a.Tensor("condition"), a.Input(), a.Tensor("other")) : a.Tensor("condition").NonZero().Unbind(1)),
        ("masked_fill(input, mask, value)", a => a.Input().MaskedFill(a.Tensor("mask"), a.Float("value"))),
        ("detach(input)", a => a.Input().Detach()),
        ("clone(input)", a => a.Input().Clone()),
        ("to(input, dtype)", a => a.Input().To((DType)a["dtype"]!)),
        ("double(input)", a => a.Input().To(DType.F64)),
    ];

    static (string Signature, Func<Arguments, object?> Body)[] Comparisons =>
    [
        ("eq(input, other)", a => Two(a, (x, y) => x.EqualTo(y), (x, s) => x.EqualTo(s), (s, x) => x.EqualTo(s))),
        ("ne(input, other)", a => Two(a, (x, y) => x.NotEqualTo(y), (x, s) => x.NotEqualTo(s), (s, x) => x.NotEqualTo(s))),
        ("lt(input, other)", a => Two(a, (x, y) => x < y, (x, s) => x < s, (s, x) => x > s)),
        ("le(input, other)", a => Two(a, (x, y) => x <= y, (x, s) => x <= s, (s, x) => x >= s)),
        ("gt(input, other)", a => Two(a, (x, y) => x > y, (x, s) => x > s, (s, x) => x < s)),
        ("ge(input, other)", a => Two(a, (x, y) => x >= y, (x, s) => x >= s, (s, x) => x <= s)),
        ("logical_not(input)", a => !a.Input()),
        ("logical_and(input, other)", a => a.Input() & a.Tensor("other")),
        ("logical_or(input, other)", a => a.Input() | a.Tensor("other")),
    ];

    /// <summary>f of input and α · other.</summary>
    static Tensor Scaled(Arguments a, Func<Tensor, Tensor, Tensor> both, Func<Tensor, double, Tensor> right, Func<double, Tensor, Tensor> left)
    {
        var alpha = a.Float("alpha");
        return alpha == 1 ? Two(a, both, right, left) : Two(a, (x, y) => both(x, alpha * y), (x, s) => right(x, alpha * s), (s, y) => left(s, alpha * y));
    }

    static Tensor Power(Arguments a) => a["input"] is Tensor x && a["exponent"] is long or double
        ? x.Pow(a.Float("exponent")) : throw new NotSupportedByEngineException("pow with a tensor exponent");
}
