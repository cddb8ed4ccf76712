using System.Text.Json;
using System.Text.Json.Nodes;

namespace NanoAttention;

/// <summary>
/// All that a training run needs to go on bit for bit, in one safetensors file, written atomically: parameters, what the optimiser
/// remembers, the step, the default generator, the order of the data, and whatever <see cref="Info"/> holds.
/// </summary>
public sealed class Checkpoint(Module model, Optimizer? optimizer = null, DataOrder? order = null)
{
    const string metadataKey = "nanoattention.checkpoint", modelPrefix = "model.", optimizerPrefix = "optimizer.";

    /// <summary>How many steps have been taken.</summary>
    public int Step { get; set; }

    /// <summary>Anything else: settings, the best loss so far, a vocabulary.</summary>
    public JsonObject Info { get; private set; } = [];

    public void Save(string path)
    {
        var tensors = new OrderedDictionary<string, Tensor>();
        foreach (var (name, tensor) in model.StateDict()) tensors.Add(modelPrefix + name, tensor);
        foreach (var (name, tensor) in optimizer?.StateDict() ?? []) tensors.Add(optimizerPrefix + name, tensor);
        var state = new JsonObject
        {
            ["step"] = Step,
            ["seed"] = Defaults.Generator.Seed,
            ["position"] = Defaults.Generator.Position,
            ["info"] = Info.DeepClone(),
        };
        if (optimizer is not null) state["rate"] = optimizer.Rate;
        if (order is not null) state["order"] = new JsonObject { ["seed"] = order.Seed, ["taken"] = order.Taken };
        Safetensors.Save(path, tensors, new Dictionary<string, string> { [metadataKey] = state.ToJsonString() });
    }

    /// <summary>
    /// Brings model, optimiser, default generator and data order back to where they were. Throws <see cref="InvalidDataException"/>
    /// where the file is no sound checkpoint, <see cref="ArgumentException"/> where it is that of another model or optimiser.
    /// </summary>
    public void Load(string path)
    {
        var (tensors, metadata) = Safetensors.Load(path);
        var state = Parse(path, metadata);
        if (optimizer is not null && state["rate"] is null) throw new ArgumentException($"Checkpoint: {path} holds no optimiser state");
        if (order is not null && state["order"] is null) throw new ArgumentException($"Checkpoint: {path} holds no data order");
        model.Load(Under(modelPrefix));
        optimizer?.Load(Under(optimizerPrefix));

        Step = (int)state["step"]!;
        Info = (JsonObject)state["info"]!.DeepClone();
        Defaults.Generator = new((ulong)state["seed"]!, (ulong)state["position"]!);
        if (optimizer is not null) optimizer.Rate = (double)state["rate"]!;
        order?.Restore((ulong)state["order"]!["seed"]!, (long)state["order"]!["taken"]!);

        Dictionary<string, Tensor> Under(string prefix) => tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[prefix.Length..], t => t.Value);
    }

    /// <summary>The <see cref="Info"/> of a checkpoint, by which its model can be made before it is loaded.</summary>
    public static JsonObject ReadInfo(string path) => (JsonObject)Parse(path, Safetensors.LoadMetadata(path))["info"]!;

    static JsonObject Parse(string path, IReadOnlyDictionary<string, string> metadata)
    {
        try
        {
            if (metadata.TryGetValue(metadataKey, out var text) && JsonNode.Parse(text) is JsonObject state
                && state["step"] is JsonValue && state["seed"] is JsonValue && state["position"] is JsonValue && state["info"] is JsonObject) return state;
        }
        catch (JsonException) { }
        throw new InvalidDataException($"Checkpoint: {path} is no checkpoint: it lacks the training state in its metadata");
    }
}
