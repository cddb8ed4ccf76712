using System.Text.Json;

namespace NanoAttention.Tests.Conformance;

/// <summary>Runs the models that conformance/models/index.json lists, each in F64 and in F32.</summary>
public sealed class ModelRunner(string folder)
{
    // by the kind that a model.json names
    static readonly Dictionary<string, Func<string, DType, ModelCase>> kinds = new()
    {
        ["Bert"] = (at, dtype) => new BertCase(at, dtype),
        ["GPT"] = (at, dtype) => new GptCase(at, dtype),
        ["Seq2Seq"] = (at, dtype) => new Seq2SeqCase(at, dtype),
        ["CharLSTM"] = (at, dtype) => new CharLstmCase(at, dtype),
        ["Tagger"] = (at, dtype) => new TaggerCase(at, dtype),
        ["CbamCnn"] = (at, dtype) => new CbamCase(at, dtype),
    };

    public IReadOnlyList<string> Names { get; } =
        [.. Vectors.Json(Path.Combine(folder, "index.json")).EnumerateArray().Select(model => model.GetProperty("name").GetString()!)];

    public Tally Run(string name) => new($"models/{name}", [Run(name, DType.F64), Run(name, DType.F32)]);

    Outcome Run(string name, DType dtype)
    {
        string at = Path.Combine(folder, name), kind = Vectors.Json(Path.Combine(at, "model.json")).GetProperty("model").GetString()!;
        return kinds.TryGetValue(kind, out var make) ? Outcome.Of($"{name} {dtype}", () => make(at, dtype).Check()) : new($"{name} {dtype}", Verdict.NotSupported, kind);
    }
}
