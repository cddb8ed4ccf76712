using System.Globalization;
using System.Text.Json;

namespace NanoAttention.Tests.Conformance;

/// <summary>
/// A tensor of a case: its name, its key in the group's file (null: PyTorch has none, it stands for zeros), what it belongs to
/// (<see cref="Of"/> an input, parameter or output) and whether it needs no gradient.
/// </summary>
public sealed record Entry(string Name, string? Key, string? Of, string? Kind, bool NoGrad);

/// <summary>One case of conformance/torch/index.json, read as it is asked for.</summary>
public sealed class TorchCase(JsonElement json)
{
    public string Name => Text("name")!;

    public string Group => Text("group")!;

    public string Op => Text("op")!;

    public string File => Text("file")!;

    public string Expression => Text("expr")!;

    public string? Module => Text("module");

    public bool Training => !json.TryGetProperty("training", out var training) || training.GetBoolean();

    public double Relative => json.GetProperty("rtol").GetDouble();

    public double Absolute => json.GetProperty("atol").GetDouble();

    public string? Text(string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    /// <summary>The tensors listed under a name: none where the case has no such list.</summary>
    public IReadOnlyList<Entry> Entries(string list) =>
        json.TryGetProperty(list, out var items) ? [.. items.EnumerateArray().Select(Read)] : [];

    public IReadOnlyList<string> Strings(string list) => [.. json.GetProperty(list).EnumerateArray().Select(s => s.GetString()!)];

    public IEnumerable<JsonElement> Objects(string list) => json.GetProperty(list).EnumerateArray();

    /// <summary>A property as Python's own values, null where it is absent.</summary>
    public object? Value(string name) => json.TryGetProperty(name, out var value) ? ToPython(value) : null;

    /// <summary>An object's members as Python's own values: none where it is absent.</summary>
    public Dictionary<string, object?> Members(string name) =>
        json.TryGetProperty(name, out var value) ? value.EnumerateObject().ToDictionary(m => m.Name, m => ToPython(m.Value)) : [];

    public static object? ToPython(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number when long.TryParse(value.GetRawText(), CultureInfo.InvariantCulture, out var whole) => whole,
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String => value.GetString() switch
        {
            "inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            "nan" => double.NaN,
            var text => text,
        },
        JsonValueKind.Array => value.EnumerateArray().Select(ToPython).ToList(),
        _ => value.EnumerateObject().ToDictionary(m => (object)m.Name, m => ToPython(m.Value)),
    };

    static Entry Read(JsonElement entry)
    {
        string? of = Text("of") ?? Text("output");
        return new(Text("name") ?? of!, Text("key"), of, Text("kind"), entry.TryGetProperty("nograd", out var none) && none.GetBoolean());

        string? Text(string name) => entry.TryGetProperty(name, out var value) ? value.GetString() : null;
    }
}
