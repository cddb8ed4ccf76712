using System.Text.Json;

namespace NanoAttention.Tests.Conformance;

/// <summary>
/// Runs the cases of conformance/onnx, a group at a time: floating-point numbers in one type (widened, or narrowed) on one device.
/// </summary>
public sealed class OnnxRunner(string folder, DType dtype = DType.F64, Device? device = null)
{
    // A number of type F32 near 0 that is the sum of others about 1.
    const double singleAbsolute = 2e-6;

    readonly ILookup<string, OnnxCase> cases = Vectors.Json(Path.Combine(folder, "index.json")).GetProperty("cases").EnumerateArray()
        .Select(c => new OnnxCase(c)).ToLookup(c => c.Group);

    public IEnumerable<string> Groups => cases.Select(g => g.Key);

    public int Count => cases.Sum(g => g.Count());

    public Tally Run(string group)
    {
        Dictionary<string, OnnxFile> files = [];
        List<Outcome> outcomes = [];
        foreach (var vector in cases[group])
        {
            if (!files.TryGetValue(vector.File, out var file)) files[vector.File] = file = new(Path.Combine(folder, vector.File));
            outcomes.Add(Run(vector, key => file[key], dtype, device ?? Device.Cpu));
        }
        return new($"onnx/{group}", outcomes);
    }

    /// <summary>One case, whose tensors are given by key.</summary>
    public static Outcome Run(OnnxCase vector, Func<string, OnnxValue> stored, DType dtype, Device device)
    {
        using var defaults = Defaults.With(dtype, device);
        return Outcome.Of(vector.Name, () => Check(vector, stored));
    }

    static void Check(OnnxCase vector, Func<string, OnnxValue> stored)
    {
        var graph = new OnnxGraph(vector.Nodes, vector.Opset, OnDevice);
        Dictionary<string, OnnxValue> values = [];
        foreach (var entry in vector.Entries("inputs").Concat(vector.Entries("initializers"))) values[entry.Name] = OnDevice(entry.Key);
        foreach (var entry in vector.Entries("outputs"))
            Compare(entry.Name, graph.Evaluate(entry.Name, values).Tensor, stored(entry.Key), vector);

        OnnxValue OnDevice(string key) => stored(key) is var value ? value with { Tensor = value.Tensor.To(Defaults.Device) } : value;
    }

    /// <summary>Integers and truths exactly, other numbers as near as the case asks for, or as their type can be.</summary>
    static void Compare(string name, Tensor actual, OnnxValue expected, OnnxCase vector)
    {
        var type = expected.Type!.Value;
        if (actual.DType != expected.Tensor.DType) throw new MismatchException($"{name} is {actual.DType}, expected {type}");
        double relative = type.IsFloat ? Math.Max(vector.Relative, type.Precision) : 0, absolute = type.IsFloat ? vector.Absolute : 0;
        if (type.IsFloat && Defaults.DType == DType.F32) absolute = Math.Max(absolute, singleAbsolute);
        Close.Check(name, actual.To(Device.Cpu), expected.Tensor, relative, absolute);
    }
}
