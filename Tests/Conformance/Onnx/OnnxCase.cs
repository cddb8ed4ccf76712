using System.Text.Json;

namespace NanoAttention.Tests.Conformance;

/// <summary>A tensor of a case: its name in the graph, and its key in the file.</summary>
public sealed record OnnxEntry(string Name, string Key, string Type);

/// <summary>A node of a case as it is written: its operator, and what it reads and yields by name; "" is what is left out.</summary>
public sealed record OnnxNodeText(string Op, string Domain, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs,
    IReadOnlyDictionary<string, JsonElement> Attributes);

/// <summary>One case of conformance/onnx/index.json, read as it is asked for.</summary>
public sealed class OnnxCase(JsonElement json)
{
    public string Name => json.GetProperty("name").GetString()!;

    public string Group => json.GetProperty("group").GetString()!;

    public string File => json.GetProperty("file").GetString()!;

    public double Relative => json.GetProperty("rtol").GetDouble();

    public double Absolute => json.GetProperty("atol").GetDouble();

    public IEnumerable<OnnxNodeText> Nodes => json.GetProperty("nodes").EnumerateArray().Select(node => new OnnxNodeText(
        node.GetProperty("op").GetString()!,
        node.TryGetProperty("domain", out var domain) ? domain.GetString()! : "",
        Strings(node, "inputs"), Strings(node, "outputs"),
        node.GetProperty("attrs").EnumerateObject().ToDictionary(a => a.Name, a => a.Value)));

    /// <summary>The version of an operator set; "" is ONNX's own. 1 where none is named.</summary>
    public int Opset(string domain) =>
        json.GetProperty("opset").TryGetProperty(domain == "" ? "ai.onnx" : domain, out var version) ? version.GetInt32() : 1;

    public IEnumerable<OnnxEntry> Entries(string list) => json.TryGetProperty(list, out var entries)
        ? entries.EnumerateArray().Select(e => new OnnxEntry(e.GetProperty("name").GetString()!, e.GetProperty("key").GetString()!,
            e.GetProperty("dtype").GetString()!))
        : [];

    static string[] Strings(JsonElement node, string list) => [.. node.GetProperty(list).EnumerateArray().Select(s => s.GetString()!)];
}
