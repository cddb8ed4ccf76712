using System.Globalization;
using System.Text.Json;

namespace NanoAttention.Tests.Conformance;

/// <summary>
/// One use of an operator: its inputs and attributes, which note what is read of them. What a binding reads nothing of, it does not
/// know: <see cref="Run"/> then says that it is not supported.
/// </summary>
public sealed class OnnxNode(string op, int opset, IReadOnlyList<OnnxValue?> inputs, IReadOnlyList<string> outputs,
    IReadOnlyDictionary<string, JsonElement> attributes, Func<string, OnnxValue> stored)
{
    readonly HashSet<string> known = [];
    readonly HashSet<int> taken = [];

    public string Op => op;

    /// <summary>The version of the operator set that the operator's meaning is taken from.</summary>
    public int Opset => opset;

    public int InputCount => inputs.Count;

    public int OutputCount => outputs.Count;

    /// <summary>Whether a later node or the case wants an output.</summary>
    public bool Wants(int output) => output < outputs.Count && outputs[output] != "";

    /// <summary>An input that must be there.</summary>
    public Tensor this[int i] => Value(i).Tensor;

    public OnnxValue Value(int i) => ValueOrNone(i) ?? throw new ArgumentException($"{op} lacks input {i}");

    public OnnxValue? ValueOrNone(int i)
    {
        taken.Add(i);
        return i < inputs.Count ? inputs[i] : null;
    }

    public Tensor? Optional(int i) => ValueOrNone(i)?.Tensor;

    /// <summary>All inputs, of an operator that takes any number of them.</summary>
    public Tensor[] All => [.. Enumerable.Range(0, inputs.Count).Select(i => this[i])];

    public ElementType Type(int i) => Value(i).Type!.Value;

    /// <summary>An input of whole numbers as they are: a shape, axes, indices.</summary>
    public int[] Whole(int i) => ToInts(this[i]);

    public int[]? WholeOrNone(int i) => Optional(i) is { } x ? ToInts(x) : null;

    /// <summary>Whole numbers that were an attribute until an operator set made them an input.</summary>
    public int[]? Moved(string attribute, int input, int since) => opset < since ? Ints(attribute) : WholeOrNone(input);

    public bool Has(string attribute) => Find(attribute) is not null;

    public int Int(string attribute, int? otherwise = null) =>
        Find(attribute) is { } a ? ToInt(a) : otherwise ?? throw new ArgumentException($"{op} lacks the attribute {attribute}");

    public bool Flag(string attribute, bool otherwise = false) => Int(attribute, otherwise ? 1 : 0) != 0;

    public int[]? Ints(string attribute) => Find(attribute) is { } a ? [.. a.EnumerateArray().Select(ToInt)] : null;

    public double Float(string attribute, double? otherwise = null) => Find(attribute) is { } a ? ToDouble(a)
        : otherwise ?? throw new ArgumentException($"{op} lacks the attribute {attribute}");

    public double[]? Floats(string attribute) => Find(attribute) is { } a ? [.. a.EnumerateArray().Select(ToDouble)] : null;

    public string Text(string attribute, string? otherwise = null) => Find(attribute)?.GetString()
        ?? otherwise ?? throw new ArgumentException($"{op} lacks the attribute {attribute}");

    public string[]? Texts(string attribute) => Find(attribute) is { } a ? [.. a.EnumerateArray().Select(t => t.GetString()!)] : null;

    public OnnxValue? Stored(string attribute)
    {
        known.Add(attribute);
        return attributes.TryGetValue(attribute, out var a) ? stored(a.GetProperty("key").GetString()!) : null;
    }

    /// <summary>A value of an attribute that the binding does not know what to do with.</summary>
    public NotSupportedByEngineException Unknown(string attribute, object value) => new($"{op} with {attribute} {value}");

    /// <summary>Has a binding compute the outputs. One of no type gets that of the first input whose numbers are of its kind.</summary>
    public OnnxValue?[] Run(Func<OnnxNode, OnnxValue?[]> binding)
    {
        var results = binding(this);
        if (opset < 6) known.Add("consumed_inputs");        // which memory might be used again
        foreach (var name in attributes.Keys)
            if (!known.Contains(name)) throw new NotSupportedByEngineException($"{op} attribute {name}");
        for (int i = 0; i < inputs.Count; i++)
            if (inputs[i] is not null && !taken.Contains(i)) throw new NotSupportedByEngineException($"{op} input {i}");
        for (int i = 0; i < outputs.Count; i++)
            if (Wants(i) && (i >= results.Length || results[i] is null)) throw new NotSupportedByEngineException($"{op} output {i}");
        return [.. results.Select(r => r is { Type: null } ? r with { Type = Infer(r.Tensor.DType) } : r)];
    }

    ElementType Infer(DType dtype) => inputs.FirstOrDefault(x => x?.Tensor.DType == dtype)?.Type ?? dtype switch
    {
        DType.I32 => ElementType.Int64,
        DType.Bool => ElementType.Bool,
        _ => ElementType.Float,
    };

    JsonElement? Find(string attribute)
    {
        known.Add(attribute);
        return attributes.TryGetValue(attribute, out var a) ? a.GetProperty("value") : null;
    }

    static int[] ToInts(Tensor x) => x.To(Device.Cpu).To(DType.I32).ToArray<int>();

    static int ToInt(JsonElement a) => (int)Math.Clamp(a.GetInt64(), int.MinValue, int.MaxValue);

    static double ToDouble(JsonElement a) => a.ValueKind == JsonValueKind.Number ? a.GetDouble() : a.GetString() switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        "nan" => double.NaN,
        var text => double.Parse(text!, CultureInfo.InvariantCulture),
    };
}
