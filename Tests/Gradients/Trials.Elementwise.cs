using Number = NanoAttention.Kernels.Dual<NanoAttention.Tests.Gradients.Real>;

namespace NanoAttention.Tests.Gradients;

static partial class Trials
{
    static Number Num(double c) => Number.Of(c);

    static Number Sigmoid(Number x) => Num(1) / (Num(1) + Number.Exp(-x));

    static Number Softplus(Number x) => Number.Log(Num(1) + Number.Exp(x));

    static Number Pow(Number x, double p) => Number.Pow(x, Num(p));

    // f where x > 0, else g
    static Number Positive(Number x, Func<Number, Number> f, Func<Number, Number> g) => x.Plain() > 0 ? f(x) : g(x);

    static readonly (string Name, Func<Tensor, Tensor> Op, Func<Number, Number> Plain, double Low, double High)[] functions =
    [
        ("Abs", x => x.Abs(), Number.Abs, -2, 2),
        ("Exp", x => x.Exp(), Number.Exp, -2, 2),
        ("Expm1", x => x.Expm1(), x => Number.Exp(x) - Num(1), -2, 2),
        ("Exp2", x => x.Exp2(), x => Number.Exp(Num(Math.Log(2)) * x), -2, 2),
        ("Log", x => x.Log(), Number.Log, 0.3, 3),
        ("Log1p", x => x.Log1p(), x => Number.Log(Num(1) + x), -0.7, 3),
        ("Log2", x => x.Log2(), x => Number.Log(x) / Num(Math.Log(2)), 0.3, 3),
        ("Log10", x => x.Log10(), x => Number.Log(x) / Num(Math.Log(10)), 0.3, 3),
        ("Logit", x => x.Logit(), x => Number.Log(x / (Num(1) - x)), 0.1, 0.9),
        ("Sqrt", x => x.Sqrt(), Number.Sqrt, 0.3, 3),
        ("Rsqrt", x => x.Rsqrt(), x => Num(1) / Number.Sqrt(x), 0.3, 3),
        ("Reciprocal", x => x.Reciprocal(), x => Num(1) / x, 0.3, 3),
        ("Square", x => x.Square(), x => x * x, -2, 2),
        ("Pow(3)", x => x.Pow(3), x => x * x * x, -2, 2),
        ("Pow(1.7)", x => x.Pow(1.7), x => Pow(x, 1.7), 0.3, 3),
        ("Sin", x => x.Sin(), Number.Sin, -4, 4),
        ("Cos", x => x.Cos(), Number.Cos, -4, 4),
        ("Tan", x => x.Tan(), x => Number.Sin(x) / Number.Cos(x), -1.2, 1.2),
        ("Sinc", x => x.Sinc(), x => Number.Sin(Num(Math.PI) * x) / (Num(Math.PI) * x), 0.3, 3),
        ("Sinh", x => x.Sinh(), x => (Number.Exp(x) - Number.Exp(-x)) / Num(2), -2, 2),
        ("Cosh", x => x.Cosh(), x => (Number.Exp(x) + Number.Exp(-x)) / Num(2), -2, 2),
        ("Tanh", x => x.Tanh(), Number.Tanh, -2, 2),
        ("Asinh", x => x.Asinh(), x => Number.Log(x + Number.Sqrt(x * x + Num(1))), -2, 2),
        ("Acosh", x => x.Acosh(), x => Number.Log(x + Number.Sqrt(x * x - Num(1))), 1.2, 3),
        ("Atanh", x => x.Atanh(), x => Number.Log((Num(1) + x) / (Num(1) - x)) / Num(2), -0.9, 0.9),
        ("Erf", x => x.Erf(), Number.Erf, -3, 3),
        ("Erfc", x => x.Erfc(), x => Num(1) - Number.Erf(x), -2, 2),
        ("Relu", x => x.Relu(), x => Number.Max(x, Num(0)), -2, 2),
        ("Relu6", x => (3 * x).Relu6(), x => Number.Min(Number.Max(Num(3) * x, Num(0)), Num(6)), -3, 3),
        ("LeakyRelu", x => x.LeakyRelu(0.1), x => Positive(x, n => n, n => Num(0.1) * n), -2, 2),
        ("Elu", x => x.Elu(1.3), x => Positive(x, n => n, n => Num(1.3) * (Number.Exp(n) - Num(1))), -2, 2),
        ("Celu", x => x.Celu(1.3), x => Positive(x, n => n, n => Num(1.3) * (Number.Exp(n / Num(1.3)) - Num(1))), -2, 2),
        ("Selu", x => x.Selu(1.5, 1.1), x => Num(1.1) * Positive(x, n => n, n => Num(1.5) * (Number.Exp(n) - Num(1))), -2, 2),
        ("Gelu", x => x.Gelu(), x => x * (Num(1) + Number.Erf(x / Num(Math.Sqrt(2)))) / Num(2), -3, 3),
        ("GeluTanh", x => x.GeluTanh(),
            x => x * (Num(1) + Number.Tanh(Num(Math.Sqrt(2 / Math.PI)) * (x + Num(0.044715) * x * x * x))) / Num(2), -3, 3),
        ("Sigmoid", x => x.Sigmoid(), Sigmoid, -3, 3),
        ("Silu", x => x.Silu(), x => x * Sigmoid(x), -3, 3),
        ("Swish", x => x.Swish(1.3), x => x * Sigmoid(Num(1.3) * x), -3, 3),
        ("Softplus", x => x.Softplus(1.3), x => Softplus(Num(1.3) * x) / Num(1.3), -3, 3),
        ("LogSigmoid", x => x.LogSigmoid(), x => -Softplus(-x), -3, 3),
        ("Mish", x => x.Mish(), x => x * Number.Tanh(Softplus(x)), -3, 3),
        ("Softsign", x => x.Softsign(), x => x / (Num(1) + Number.Abs(x)), -3, 3),
        ("Tanhshrink", x => x.Tanhshrink(), x => x - Number.Tanh(x), -2, 2),
        ("Hardtanh", x => x.Hardtanh(-0.7, 1.1), x => Number.Min(Number.Max(x, Num(-0.7)), Num(1.1)), -2, 2),
        ("Hardsigmoid", x => x.Hardsigmoid(), x => Number.Min(Number.Max(x / Num(6) + Num(0.5), Num(0)), Num(1)), -4, 4),
        ("Hardswish", x => x.Hardswish(), x => x * Number.Min(Number.Max(x / Num(6) + Num(0.5), Num(0)), Num(1)), -4, 4),
        ("Clamp", x => x.Clamp(-0.7, 1.1), x => Number.Min(Number.Max(x, Num(-0.7)), Num(1.1)), -2, 2),
    ];

    static Trial Map(Draw d, Func<Tensor, Tensor> op, Func<Number, Number> plain, double low, double high)
    {
        var x = d.Tensor(d.Shape(0, 4, filled: false), low, high);
        return new($"{x}", [x], t => op(t[0]), g => Grid.Of(x.Shape, i => plain(g[0][i])));
    }

    // of every pair of shapes that stretch to each other
    static readonly (string Name, Func<Tensor, Tensor, Tensor> Op, Func<Number, Number, Number> Plain, double Low)[] pairs =
    [
        ("+", (a, b) => a + b, (x, y) => x + y, -2),
        ("-", (a, b) => a - b, (x, y) => x - y, -2),
        ("*", (a, b) => a * b, (x, y) => x * y, -2),
        ("/", (a, b) => a / b, (x, y) => x / y, 0.3),
        ("Maximum", (a, b) => a.Maximum(b), Number.Max, -2),
        ("Minimum", (a, b) => a.Minimum(b), Number.Min, -2),
        ("Fmax", (a, b) => a.Fmax(b), Number.Max, -2),
        ("Fmin", (a, b) => a.Fmin(b), Number.Min, -2),
        ("Pow", (a, b) => a.Pow(b), Number.Pow, 0.3),
        ("Hypot", (a, b) => a.Hypot(b), (x, y) => Number.Sqrt(x * x + y * y), -2),
        ("LogAddExp", (a, b) => a.LogAddExp(b), (x, y) => Number.Log(Number.Exp(x) + Number.Exp(y)), -2),
        ("LogAddExp2", (a, b) => a.LogAddExp2(b), (x, y) => Number.Log(Number.Pow(Num(2), x) + Number.Pow(Num(2), y)) / Num(Math.Log(2)),
            -2),
        ("Xlogy", (a, b) => a.Xlogy(b), (x, y) => x * Number.Log(y), 0.3),
        ("Fmod", (a, b) => a.Fmod(b), Number.Rem, 0.3),
        ("Remainder", (a, b) => (-a).Remainder(b), (x, y) => -x - y * Number.Floor(-x / y), 0.3),
        ("CopySign", (a, b) => a.CopySign(b), (x, y) => y.Plain() < 0 ? -Number.Abs(x) : Number.Abs(x), -2),
    ];

    static Trial Zip(Draw d, Func<Tensor, Tensor, Tensor> op, Func<Number, Number, Number> plain, double low)
    {
        var (a, b) = d.Pair(maxRank: 4);
        return new($"{a} with {b}", [d.Tensor(a, low), d.Tensor(b, low)], t => op(t[0], t[1]),
            g => Grid.Of(Shape.Broadcast(a, b), i => plain(g[0].Stretched(i), g[1].Stretched(i))));
    }

    /// <summary>A trial for each of these functions.</summary>
    public static IEnumerable<(string Name, Func<Draw, Trial> Make)> Elementwise =>
    [
        .. functions.Select(f => (f.Name, (Func<Draw, Trial>)(d => Map(d, f.Op, f.Plain, f.Low, f.High)))),
        .. pairs.Select(f => (f.Name, (Func<Draw, Trial>)(d => Zip(d, f.Op, f.Plain, f.Low)))),
    ];

    public static Trial Where(Draw d)
    {
        var (a, b) = d.Pair();
        var whole = Shape.Broadcast(a, b);
        var (mask, yes) = d.Mask(d.Part(whole));
        return new($"Where({mask.Shape}, {a}, {b})", [d.Tensor(a), d.Tensor(b)], t => Tensor.Where(mask, t[0], t[1]),
            g => Grid.Of(whole, i => yes.Stretched(i) ? g[0].Stretched(i) : g[1].Stretched(i)));
    }

    public static Trial Lerp(Draw d)
    {
        var x = d.Tensor(0, 3);
        return new($"Lerp of {x}", [x, d.Tensor(x.Shape), d.Tensor(d.Part(x.Shape))], t => t[0].Lerp(t[1], t[2]),
            g => Grid.Of(x.Shape, i => g[0][i] + g[2].Stretched(i) * (g[1][i] - g[0][i])));
    }

    public static Trial Glu(Draw d)
    {
        var (x, axis) = Axis(d);
        x = d.Tensor(x.Shape.With(x.Shape.Axis(axis), 2 * d.Int(1, 3)));
        return new($"Glu({axis}) of {x}", [x], t => t[0].Glu(axis), g => Grid.Lines(g[0], x.Shape.Axis(axis),
            line => [.. line.Take(line.Length / 2).Zip(line.Skip(line.Length / 2), (a, b) => a * Sigmoid(b))]));
    }
}
