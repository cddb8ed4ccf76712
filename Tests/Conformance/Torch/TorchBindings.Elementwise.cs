using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Elementwise =>
    [
        ("add(input, other, alpha=1)", a => Scaled(a, (x, y) => x + y, (x, s) => x + s, (s, x) => s + x)),
        ("sub(input, other, alpha=1)", a => Scaled(a, (x, y) => x - y, (x, s) => x - s, (s, x) => s - x)),
        ("mul(input, other)", a => Two(a, (x, y) => x * y, (x, s) => x * s, (s, x) => s * x)),
        ("div(input, other, rounding_mode=None)", Divide),
        ("true_divide(input, other, rounding_mode=None)", Divide),
        ("floor_divide(input, other)", a => Pair(a, (x, y) => x.FloorDivide(y))),
        ("fmod(input, other)", a => Pair(a, (x, y) => x.Fmod(y))),
        ("remainder(input, other)", a => Pair(a, (x, y) => x.Remainder(y))),
        ("rsub(input, other, alpha=1)", a => Pair(a, (x, y) => y - a.Float("alpha") * x)),
        ("neg(input)", a => -a.Input()),
        ("positive(input)", a => a.Input()),
        ("pow(input, exponent)", Power),
        ("square(input)", a => a.Input().Square()),
        ("reciprocal(input)", a => a.Input().Reciprocal()),
        ("rsqrt(input)", a => a.Input().Rsqrt()),
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
        ("exp2(input)", a => a.Input().Exp2()),
        ("expm1(input)", a => a.Input().Expm1()),
        ("log1p(input)", a => a.Input().Log1p()),
        ("log2(input)", a => a.Input().Log2()),
        ("log10(input)", a => a.Input().Log10()),
        ("logit(input, eps=None)", a => a.FloatOrNone("eps") is { } epsilon ? a.Input().Logit(epsilon) : a.Input().Logit()),
        ("logaddexp(input, other)", a => Pair(a, (x, y) => x.LogAddExp(y))),
        ("logaddexp2(input, other)", a => Pair(a, (x, y) => x.LogAddExp2(y))),
        ("xlogy(input, other)", a => Pair(a, (x, y) => x.Xlogy(y))),
        ("tan(input)", a => a.Input().Tan()),
        ("asin(input)", a => a.Input().Asin()),
        ("arcsin(input)", a => a.Input().Asin()),
        ("acos(input)", a => a.Input().Acos()),
        ("arccos(input)", a => a.Input().Acos()),
        ("atan(input)", a => a.Input().Atan()),
        ("arctan(input)", a => a.Input().Atan()),
        ("atan2(input, other)", a => Pair(a, (x, y) => x.Atan2(y))),
        ("arctan2(input, other)", a => Pair(a, (x, y) => x.Atan2(y))),
        ("hypot(input, other)", a => Pair(a, (x, y) => x.Hypot(y))),
        ("sinc(input)", a => a.Input().Sinc()),
        ("deg2rad(input)", a => a.Input().Deg2Rad()),
        ("rad2deg(input)", a => a.Input().Rad2Deg()),
        ("sinh(input)", a => a.Input().Sinh()),
        ("cosh(input)", a => a.Input().Cosh()),
        ("asinh(input)", a => a.Input().Asinh()),
        ("arcsinh(input)", a => a.Input().Asinh()),
        ("acosh(input)", a => a.Input().Acosh()),
        ("arccosh(input)", a => a.Input().Acosh()),
        ("atanh(input)", a => a.Input().Atanh()),
        ("arctanh(input)", a => a.Input().Atanh()),
        ("erf(input)", a => a.Input().Erf()),
        ("erfc(input)", a => a.Input().Erfc()),
        ("erfinv(input)", a => a.Input().Erfinv()),
        ("lgamma(input)", a => a.Input().Lgamma()),
        ("gammaln(input)", a => a.Input().Lgamma()),
        ("digamma(input)", a => a.Input().Digamma()),
        ("psi(input)", a => a.Input().Digamma()),
        ("floor(input)", a => a.Input().Floor()),
        ("ceil(input)", a => a.Input().Ceil()),
        ("round(input, decimals=0)", a => a.Int("decimals") is var places and not 0 ? a.Input().Round(places) : a.Input().Round()),
        ("trunc(input)", a => a.Input().Trunc()),
        ("fix(input)", a => a.Input().Trunc()),
        ("frac(input)", a => a.Input().Frac()),
        ("sign(input)", a => a.Input().Sign()),
        ("sgn(input)", a => a.Input().Sign()),
        ("copysign(input, other)", a => Pair(a, (x, y) => x.CopySign(y))),
        ("nan_to_num(input, nan=None, posinf=None, neginf=None)",
            a => a.Input().NanToNum(a.FloatOrNone("nan") ?? 0, a.FloatOrNone("posinf"), a.FloatOrNone("neginf"))),
        ("lerp(input, end, weight)", a => a.Input().Lerp(a.Tensor("end"), a.Tensor("weight"))),
        ("elu(input, alpha=1.0)", a => a.Input().Elu(a.Float("alpha"))),
        ("celu(input, alpha=1.0)", a => a.Input().Celu(a.Float("alpha"))),
        ("selu(input)", a => a.Input().Selu()),
        ("glu(input, dim=-1)", a => a.Input().Glu(a.Int("dim"))),
        ("leaky_relu(input, negative_slope=0.01)", a => a.Input().LeakyRelu(a.Float("negative_slope"))),
        ("prelu(input, weight)", a => a.Input().Prelu(PerChannel(a.Tensor("weight"), a.Input()))),
        ("hardtanh(input, min_val=-1.0, max_val=1.0)", a => a.Input().Hardtanh(a.Float("min_val"), a.Float("max_val"))),
        ("relu6(input)", a => a.Input().Relu6()),
        ("hardsigmoid(input)", a => a.Input().Hardsigmoid()),
        ("hardswish(input)", a => a.Input().Hardswish()),
        ("hardshrink(input, lambd=0.5)", a => a.Input().Hardshrink(a.Float("lambd"))),
        ("softshrink(input, lambd=0.5)", a => a.Input().Softshrink(a.Float("lambd"))),
        ("tanhshrink(input)", a => a.Input().Tanhshrink()),
        ("threshold(input, threshold, value)", a => a.Input().Threshold(a.Float("threshold"), a.Float("value"))),
        ("softplus(input, beta=1, threshold=20)", a => a.Input().Softplus(a.Float("beta"), a.Float("threshold"))),
        ("logsigmoid(input)", a => a.Input().LogSigmoid()),
        ("softsign(input)", a => a.Input().Softsign()),
        ("mish(input)", a => a.Input().Mish()),
        ("gelu(input, approximate='none')", a => a.Text("approximate") == "tanh" ? a.Input().GeluTanh() : a.Input().Gelu()),
        ("clamp(input, min=None, max=None)", Clamped),
        ("maximum(input, other)", a => a.Input().Maximum(a.Tensor("other"))),
        ("minimum(input, other)", a => a.Input().Minimum(a.Tensor("other"))),
        ("fmax(input, other)", a => Pair(a, (x, y) => x.Fmax(y))),
        ("fmin(input, other)", a => Pair(a, (x, y) => x.Fmin(y))),
        ("where(condition, input=None, other=None)", a => a.Has("input")
            ? NanoAttention.Tensor.Where(a.Tensor("condition"), a.Input(), a.Tensor("other")) : a.Tensor("condition").NonZero().Unbind(1)),
        ("x.where(input, condition, other)", a => NanoAttention.Tensor.Where(a.Tensor("condition"), a.Input(), a.Tensor("other"))),
        ("masked_fill(input, mask, value)", a => a["value"] is Tensor value
            ? NanoAttention.Tensor.Where(a.Tensor("mask"), value.To(a.Input().DType), a.Input()) : a.Input().MaskedFill(a.Tensor("mask"), a.Float("value"))),
        ("detach(input)", a => a.Input().Detach()),
        ("clone(input)", a => a.Input().Clone()),
        ("to(input, dtype)", a => a.Input().To((DType)a["dtype"]!)),
        ("double(input)", a => a.Input().To(Defaults.DType)),
    ];

    static (string Signature, Func<Arguments, object?> Body)[] Comparisons =>
    [
        ("eq(input, other)", a => Two(a, (x, y) => x.EqualTo(y), (x, s) => x.EqualTo(s), (s, x) => x.EqualTo(s))),
        ("ne(input, other)", a => Two(a, (x, y) => x.NotEqualTo(y), (x, s) => x.NotEqualTo(s), (s, x) => x.NotEqualTo(s))),
        ("lt(input, other)", a => Two(a, (x, y) => x < y, (x, s) => x < s, (s, x) => x > s)),
        ("le(input, other)", a => Two(a, (x, y) => x <= y, (x, s) => x <= s, (s, x) => x >= s)),
        ("gt(input, other)", a => Two(a, (x, y) => x > y, (x, s) => x > s, (s, x) => x < s)),
        ("ge(input, other)", a => Two(a, (x, y) => x >= y, (x, s) => x >= s, (s, x) => x <= s)),
        ("logical_not(input)", a => !a.Input().To(DType.Bool)),
        ("logical_and(input, other)", a => a.Input().To(DType.Bool) & a.Tensor("other").To(DType.Bool)),
        ("logical_or(input, other)", a => a.Input().To(DType.Bool) | a.Tensor("other").To(DType.Bool)),
        ("logical_xor(input, other)", a => a.Input().To(DType.Bool) ^ a.Tensor("other").To(DType.Bool)),
        ("isnan(input)", a => a.Input().IsNan()),
        ("isinf(input)", a => a.Input().IsInf()),
        ("isposinf(input)", a => a.Input().IsInf(negative: false)),
        ("isneginf(input)", a => a.Input().IsInf(positive: false)),
        ("isfinite(input)", a => a.Input().IsFinite()),
        ("isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False)",
            a => a.Input().IsClose(a.Tensor("other"), a.Float("rtol"), a.Float("atol"), a.Bool("equal_nan"))),
    ];

    /// <summary>f of input and α · other.</summary>
    static Tensor Scaled(Arguments a, Func<Tensor, Tensor, Tensor> both, Func<Tensor, double, Tensor> right, Func<double, Tensor, Tensor> left)
    {
        var alpha = a.Float("alpha");
        return alpha == 1 ? Two(a, both, right, left) : Two(a, (x, y) => both(x, alpha * y), (x, s) => right(x, alpha * s), (s, y) => left(s, alpha * y));
    }

    static Tensor Power(Arguments a) => a["exponent"] is Tensor p ? a.Tensor("input").Pow(p) : a.Input().Pow(a.Float("exponent"));

    static Tensor Divide(Arguments a) => (a["rounding_mode"] as string) switch
    {
        null => Two(a, (x, y) => x / y, (x, s) => x / s, (s, x) => s / x),
        "floor" => Pair(a, (x, y) => x.FloorDivide(y)),
        _ => Pair(a, (x, y) => (x / y).Detach().Trunc()),
    };

    /// <summary>f of input and other, either of which may be a number.</summary>
    static Tensor Pair(Arguments a, Func<Tensor, Tensor, Tensor> f)
    {
        Tensor Constant(double s) => NanoAttention.Tensor.Scalar(s);
        return Two(a, f, (x, s) => f(x, Constant(s)), (s, x) => f(Constant(s), x));
    }

    /// <summary>Between two bounds, numbers or tensors; the upper one where they cross.</summary>
    static Tensor Clamped(Arguments a)
    {
        if (a["min"] is not NanoAttention.Tensor && a["max"] is not NanoAttention.Tensor)
        {
            double low = a.FloatOrNone("min") ?? double.NegativeInfinity, high = a.FloatOrNone("max") ?? double.PositiveInfinity;
            return low <= high ? a.Input().Clamp(low, high) : a.Input() * 0 + high;
        }
        var y = a.Input();
        if (a.TensorOrNone("min") is { } least) y = NanoAttention.Tensor.Where(y < least, least, y);
        return a.TensorOrNone("max") is { } most ? NanoAttention.Tensor.Where(y > most, most, y) : y;
    }

    /// <summary>PReLU's weight along axis 1; one alone for all.</summary>
    static Tensor PerChannel(Tensor weight, Tensor x) =>
        weight.Count == 1 ? weight.Reshape() : x.Rank < 2 ? weight : weight.Reshape([weight.Count, .. Enumerable.Repeat(1, x.Rank - 2)]);
}
