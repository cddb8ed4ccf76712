using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>The dotted part of a name before its function: torch, F, torch.linalg, ref.</summary>
public sealed record TorchNamespace(string Path);

/// <summary>A name of a <see cref="TorchNamespace"/>, or of a tensor whose methods it is.</summary>
public sealed record TorchName(string Path, Tensor? Self);

/// <summary>The world of a conformance expression: its own names, PyTorch's functions, tensors and their methods and operators.</summary>
public sealed class TorchObjects(IReadOnlyDictionary<string, object?> names) : IObjects
{
    static readonly HashSet<string> spaces = ["torch", "F", "ref", "math", "torch.linalg", "torch.nn", "torch.nn.functional", "torch.special"];

    public object? Lookup(string name) =>
        names.TryGetValue(name, out var value) ? value
        : spaces.Contains(name) ? new TorchNamespace(name)
        : name == "inf" ? double.PositiveInfinity
        : new TorchName(name, null);

    public object? Attribute(object? target, string name) => target switch
    {
        TorchNamespace { Path: var path } when spaces.Contains($"{path}.{name}") => new TorchNamespace($"{path}.{name}"),
        TorchNamespace { Path: var path } => TorchBindings.Constants.TryGetValue($"{path}.{name}", out var constant) ? constant is DType.F64 ? Defaults.DType : constant : new TorchName($"{path}.{name}", null),
        object?[] items when Array.IndexOf(results, name) is >= 0 and var i => items[i / 2],
        Tensor x => TorchBindings.Attributes.TryGetValue(name, out var read) ? read(x) : new TorchName($"x.{name}", x),
        _ => throw new PlainException($"{Plain.TypeName(target)} has no attribute {name}"),
    };

    public object? Call(object? function, IReadOnlyList<object?> values, IReadOnlyDictionary<string, object?> keywords) => function switch
    {
        TorchName { Self: { } self, Path: var path } => TorchBindings.Call(path, [self, .. values], keywords),
        TorchName { Path: var path } when keywords.Count == 0 && values.All(v => v is long or double) && Number(path, [.. values.Select(Convert.ToDouble)]) is { } y => y,
        TorchName { Path: var path } => TorchBindings.Call(path, values, keywords),
        TorchModule module => module.Call(values, keywords),
        _ => throw new PlainException($"{Plain.TypeName(function)} cannot be called"),
    };

    public object? Unary(string symbol, object? operand) => TorchBindings.Call(TorchBindings.UnaryOperators[symbol], [operand], none);

    public object? Binary(string symbol, object? left, object? right) => TorchBindings.BinaryOperators.TryGetValue(symbol, out string? name)
        ? TorchBindings.Call(name, [left, right], none) : throw new PlainException($"{symbol} does not take tensors");

    public object? Index(object? target, object? key) => target is Tensor x ? TorchIndex.Read(x, key) : throw new PlainException($"{Plain.TypeName(target)} has no index");

    /// <summary>Python's own functions of numbers; null where it is none.</summary>
    static object? Number(string name, double[] x) => (name[(name.LastIndexOf('.') + 1)..], x) switch
    {
        ("sqrt", [var a]) => Math.Sqrt(a),
        ("cos", [var a]) => Math.Cos(a),
        ("exp", [var a]) => Math.Exp(a),
        ("log", [var a]) => Math.Log(a),
        ("max", [var a, .. var more]) => more.Aggregate(a, Math.Max),
        ("min", [var a, .. var more]) => more.Aggregate(a, Math.Min),
        _ => null,
    };

    // PyTorch's names of the first and the second of several results.
    static readonly string[] results = ["values", "sign", "indices", "logabsdet"];

    static readonly Dictionary<string, object?> none = [];
}
