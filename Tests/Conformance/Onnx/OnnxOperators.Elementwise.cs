namespace NanoAttention.Tests.Conformance;

public static partial class OnnxOperators
{
    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Elementwise =>
    [
        ("Abs", n => Map(n, x => x.Abs())),
        ("Neg", n => Map(n, x => -x)),
        ("Sign", n => Map(n, x => x.Sign())),
        ("Relu", n => Map(n, x => x.Relu())),
        ("Floor", n => [n[0].Floor()]),
        ("Ceil", n => [n[0].Ceil()]),
        ("Round", n => [n[0].Round()]),
        ("Reciprocal", n => [n[0].Reciprocal()]),
        ("Sqrt", n => [n[0].Sqrt()]),
        ("Exp", n => [n[0].Exp()]),
        ("Log", n => [n[0].Log()]),
        ("Sin", n => [n[0].Sin()]),
        ("Cos", n => [n[0].Cos()]),
        ("Tan", n => [n[0].Tan()]),
        ("Asin", n => [n[0].Asin()]),
        ("Acos", n => [n[0].Acos()]),
        ("Atan", n => [n[0].Atan()]),
        ("Sinh", n => [n[0].Sinh()]),
        ("Cosh", n => [n[0].Cosh()]),
        ("Tanh", n => [n[0].Tanh()]),
        ("Asinh", n => [n[0].Asinh()]),
        ("Acosh", n => [n[0].Acosh()]),
        ("Atanh", n => [n[0].Atanh()]),
        ("Erf", n => [n[0].Erf()]),
        ("Sigmoid", n => [n[0].Sigmoid()]),
        ("Softplus", n => [n[0].Softplus()]),
        ("Softsign", n => [n[0].Softsign()]),
        ("Mish", n => [n[0].Mish()]),
        ("HardSwish", n => [n[0].Hardswish()]),
        ("Swish", n => [n[0].Swish(n.Float("alpha", 1))]),
        ("SwiGLU", n => [n[0].Swish(n.Float("alpha", 1)) * n[1]]),
        ("Elu", n => [n[0].Elu(n.Float("alpha", 1))]),
        ("Celu", n => [n[0].Celu(n.Float("alpha", 1))]),
        ("Selu", n => n.Opset < 6 ? [n[0].Selu(n.Float("alpha", 1.6732), n.Float("gamma", 1.0507))]
            : [n[0].Selu(n.Float("alpha", 1.6732632423543772848), n.Float("gamma", 1.0507009873554804934))]),
        ("LeakyRelu", n => [n[0].LeakyRelu(n.Float("alpha", 0.01))]),
        ("PRelu", Prelu),
        ("ThresholdedRelu", n => [n[0].Threshold(n.Float("alpha", 1), 0)]),
        ("HardSigmoid", n => [n[0].Hardsigmoid(n.Float("alpha", 0.2), n.Float("beta", 0.5))]),
        ("Shrink", n => Map(n, x => x.Shrink(n.Float("lambd", 0.5), n.Float("bias", 0)))),
        ("Gelu", n => [n.Text("approximate", "none") switch
        {
            "none" => n[0].Gelu(),
            "tanh" => n[0].GeluTanh(),
            var other => throw n.Unknown("approximate", other),
        }]),
        ("Clip", Clip),
        ("Dropout", Dropout),
        ("Identity", n => [n.Value(0)]),
        ("Cast", n => [Cast(n, ElementTypes.Numbered(n.Int("to")))]),
        ("CastLike", n => [Cast(n, n.Type(1))]),

        ("Add", n => Zip(n, (a, b) => a + b)),
        ("Sub", n => Zip(n, (a, b) => a - b)),
        ("Mul", n => Zip(n, (a, b) => a * b)),
        ("Div", n => Zip(n, (a, b) => a / b)),
        ("Pow", n => Zip(n, (a, b) => a.Pow(b))),
        ("Mod", n => n.Flag("fmod") ? Zip(n, (a, b) => a.Fmod(b)) : Zip(n, (a, b) => a.Remainder(b))),
        ("Max", n => Fold(n, (a, b) => a.Maximum(b))),
        ("Min", n => Fold(n, (a, b) => a.Minimum(b))),
        ("Sum", n => Fold(n, (a, b) => a + b)),
        ("Mean", n => [Arithmetic(n, x => x.Aggregate((a, b) => a + b) / x.Length, n.All)]),
    ];

    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Logic =>
    [
        ("Equal", n => Compare(n, (a, b) => a.EqualTo(b))),
        ("Less", n => Compare(n, (a, b) => a < b)),
        ("LessOrEqual", n => Compare(n, (a, b) => a <= b)),
        ("Greater", n => Compare(n, (a, b) => a > b)),
        ("GreaterOrEqual", n => Compare(n, (a, b) => a >= b)),
        ("And", n => Compare(n, (a, b) => a & b)),
        ("Or", n => Compare(n, (a, b) => a | b)),
        ("Xor", n => Compare(n, (a, b) => a ^ b)),
        ("Not", n => [!n[0]]),
        ("IsNaN", n => [n[0].IsNan()]),
        ("IsInf", n => [n[0].IsInf(n.Flag("detect_positive", true), n.Flag("detect_negative", true))]),
        ("Where", n => [new(Tensor.Where(n[0], n[1], n[2]), n.Type(1))]),
    ];

    static OnnxValue[] Compare(OnnxNode n, Func<Tensor, Tensor, Tensor> f)
    {
        var (a, b) = Pair(n);
        return [f(a, b)];
    }

    static OnnxValue[] Fold(OnnxNode n, Func<Tensor, Tensor, Tensor> f) => [Arithmetic(n, x => x.Aggregate(f), n.All)];

    /// <summary>Below version 7 a vector of slopes has one for each channel; later it stretches from the last axis on.</summary>
    static OnnxValue[] Prelu(OnnxNode n)
    {
        var (x, slope) = (n[0], n[1]);
        if (n.Opset < 7 && slope.Count > 1) slope = slope.Reshape([slope.Count, .. Enumerable.Repeat(1, x.Rank - 2)]);
        return [Arithmetic(n, t => t[0].Prelu(t[1]), x, slope)];
    }

    static OnnxValue[] Clip(OnnxNode n)
    {
        if (n.Opset < 11) return [n[0].Clamp(n.Float("min", double.NegativeInfinity), n.Float("max", double.PositiveInfinity))];
        var (low, high) = (n.Optional(1), n.Optional(2));
        return [Arithmetic(n, Bounded, [n[0], .. low is null ? [] : (Tensor[])[low], .. high is null ? [] : (Tensor[])[high]])];

        Tensor Bounded(Tensor[] x)
        {
            var y = low is null ? x[0] : x[0].Maximum(x[1]);
            return high is null ? y : y.Minimum(x[^1]);
        }
    }

    /// <summary>As evaluation has it, or with nothing to drop: what is dropped depends on the random numbers.</summary>
    static OnnxValue[] Dropout(OnnxNode n)
    {
        double ratio = n.Opset < 12 ? n.Float("ratio", 0.5) : n.Optional(1)?.Item() ?? 0.5;
        bool training = n.Opset < 7 ? !n.Flag("is_test") : n.Opset >= 12 && n.Optional(2)?.Item() is 1;
        n.Int("seed", 0);
        if (training && ratio != 0) throw n.Unknown("training and ratio", ratio);
        return [n[0].Dropout(0), Tensor.Ones(n[0].Shape, DType.Bool)];
    }

    /// <summary>Converted by the engine; numbers of fewer bits than it has are then rounded to those.</summary>
    static OnnxValue Cast(OnnxNode n, ElementType type)
    {
        n.Flag("saturate", true);       // of 8-bit floating-point numbers alone
        return type.IsFloat ? type.Precision > 0 ? Stored(n[0], type) : new(n[0].To(Defaults.DType), type)
            : type == ElementType.Bool ? new(n[0].To(DType.Bool), type) : Stored(n[0], type);
    }
}
