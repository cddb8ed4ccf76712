using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>
/// PyTorch's functions by name, each its signature and what computes it here. A method <c>x.f(…)</c> is the function <c>f(x, …)</c>, an
/// operator the function of Python's operator module, and torch.f and F.f are the same unless an entry names its namespace.
/// What is not in the table is not supported, and counted so.
/// </summary>
public static partial class TorchBindings
{
    static readonly Dictionary<string, (Signature Signature, Func<Arguments, object?> Body)> table =
        new[] { Elementwise, Comparisons, Reductions, Products, Shapes, Rows, Scans, Indexing, Convolutions, Pools, Norms, Losses, Compositions, References }
            .SelectMany(entries => entries).Select(entry => (Signature: new Signature(entry.Signature), entry.Body)).ToDictionary(entry => entry.Signature.Name);

    /// <summary>Names that stand for values: torch.float64 and its kin.</summary>
    public static readonly IReadOnlyDictionary<string, object?> Constants = new Dictionary<string, object?>
    {
        ["torch.float64"] = DType.F64,
        ["torch.double"] = DType.F64,
        ["torch.float32"] = DType.F32,
        ["torch.int64"] = DType.I32,
        ["torch.long"] = DType.I32,
        ["torch.bool"] = DType.Bool,
        ["torch.inf"] = double.PositiveInfinity,
        ["torch.nan"] = double.NaN,
        ["torch.pi"] = Math.PI,
        ["math.inf"] = double.PositiveInfinity,
        ["math.pi"] = Math.PI,
        ["math.e"] = Math.E,
    };

    /// <summary>What a tensor has without a call.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Tensor, object?>> Attributes = new Dictionary<string, Func<Tensor, object?>>
    {
        ["shape"] = x => x.Shape.Select(n => (object?)(long)n).ToArray(),
        ["ndim"] = x => (long)x.Rank,
        ["dtype"] = x => x.DType,
        ["T"] = x => x.Rank < 2 ? x : x.Permute([.. Enumerable.Range(0, x.Rank).Reverse()]),
        ["mT"] = x => x.Transpose(-2, -1),
        ["mH"] = x => x.Transpose(-2, -1),
        ["data"] = x => x.Detach(),
        ["requires_grad"] = x => x.RequiresGrad,
    };

    /// <summary>Python's name of the function behind an operator.</summary>
    public static readonly IReadOnlyDictionary<string, string> UnaryOperators = new Dictionary<string, string> { ["-"] = "neg", ["+"] = "positive", ["~"] = "logical_not" };

    /// <inheritdoc cref="UnaryOperators"/>
    public static readonly IReadOnlyDictionary<string, string> BinaryOperators = new Dictionary<string, string>
    {
        ["+"] = "add",
        ["-"] = "sub",
        ["*"] = "mul",
        ["/"] = "div",
        ["//"] = "floor_divide",
        ["%"] = "remainder",
        ["**"] = "pow",
        ["@"] = "matmul",
        ["&"] = "logical_and",
        ["|"] = "logical_or",
        ["^"] = "logical_xor",
        ["<<"] = "lshift",
        [">>"] = "rshift",
        ["=="] = "eq",
        ["!="] = "ne",
        ["<"] = "lt",
        ["<="] = "le",
        [">"] = "gt",
        [">="] = "ge",
    };

    /// <summary>Calls the function of that name; throws <see cref="NotSupportedByEngineException"/> where the table has none.</summary>
    public static object? Call(string path, IReadOnlyList<object?> values, IReadOnlyDictionary<string, object?> keywords)
    {
        var last = path[(path.LastIndexOf('.') + 1)..];
        var (signature, body) =
            table.TryGetValue(path, out var exact) ? exact
            : table.TryGetValue(last, out var any) ? any
            : throw new NotSupportedByEngineException(path);
        try
        {
            return integral.Contains(last) && Whole([.. values, .. keywords.Values]) ? Integers(last == "div", body, signature, values, keywords) : body(signature.Bind(values, keywords));
        }
        catch (SignatureException e) { throw new NotSupportedByEngineException(e.Message); }
    }

    // What PyTorch computes of integers and truths too, and answers as integers: the engine as numbers that hold them exactly.
    static readonly HashSet<string> integral =
    [
        "add", "sub", "rsub", "mul", "div", "floor_divide", "remainder", "fmod", "pow", "square", "neg", "abs", "sign", "clamp", "maximum", "minimum",
        "sum", "prod", "cumsum", "cumprod", "max", "min", "amax", "amin", "argmax", "argmin", "dot", "matmul",
    ];

    static bool Whole(object?[] operands) => operands.OfType<Tensor>().Any() && operands.All(x => x is not NanoAttention.Tensor { DType.IsFloat: true });

    static object? Integers(bool divided, Func<Arguments, object?> body, Signature signature, IReadOnlyList<object?> values, IReadOnlyDictionary<string, object?> keywords)
    {
        bool stay = !divided && values.Concat(keywords.Values).All(x => x is not double and not DType);
        var results = body(signature.Bind([.. values.Select(Real)], keywords.ToDictionary(k => k.Key, k => Real(k.Value))));
        return results is object?[] several ? several.Select(Back).ToArray() : Back(results);

        object? Real(object? x) => x is not Tensor t ? x : stay ? t.To(Device.Cpu).To(DType.F64) : t.To(Defaults.DType);

        object? Back(object? x) => stay && x is Tensor { DType: DType.F64 } t ? t.To(DType.I32).To(Defaults.Device) : x;
    }

    /// <summary>An argument as a tensor; a number becomes one of rank 0.</summary>
    public static Tensor Tensor(this Arguments a, string name) => a.TensorOrNone(name) ?? throw a.Wrong(name, "a tensor");

    public static Tensor? TensorOrNone(this Arguments a, string name) => a[name] switch
    {
        null => null,
        NanoAttention.Tensor x => x,
        long or double => NanoAttention.Tensor.Scalar(a.Float(name)),
        _ => throw a.Wrong(name, "a tensor"),
    };

    public static Tensor Input(this Arguments a) => a.Tensor("input");

    /// <summary>One state or several, or null.</summary>
    public static Tensor[]? States(this Arguments a, string name) => a[name] switch
    {
        null => null,
        NanoAttention.Tensor only => [only],
        _ => a.Tensors(name),
    };

    static Tensor[] Tensors(this Arguments a, string name) => a[name] is IReadOnlyList<object?> items
        ? [.. items.Select(x => x as Tensor ?? throw a.Wrong(name, "tensors"))] : throw a.Wrong(name, "tensors");

    /// <summary>f of input and other, either of which may be a number; integers among floats are converted.</summary>
    static Tensor Two(Arguments a, Func<Tensor, Tensor, Tensor> both, Func<Tensor, double, Tensor> right, Func<double, Tensor, Tensor> left)
    {
        if (a["input"] is not NanoAttention.Tensor x) return left(a.Float("input"), a.Tensor("other"));
        if (a["other"] is not NanoAttention.Tensor y) return right(x, a.Float("other"));
        return x.DType == y.DType ? both(x, y) : x.DType.IsFloat ? both(x, y.To(x.DType)) : both(x.To(y.DType), y);
    }
}
