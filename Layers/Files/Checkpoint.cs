using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace NanoAttention;

/// <summary>
/// All that a training run needs to go on bit for bit, in one safetensors file, written atomically: parameters, what the optimiser
/// remembers, the step, the default generator, the order of the data, and whatever <see cref="Info"/> holds.
/// </summary>
public sealed class Checkpoint(Module model, Optimizer? optimizer = null, DataOrder? order = null)
{
    const string metadataKey = "nanoattention.checkpoint", modelPrefix = "model.", optimizerPrefix = "optimizer.";

    static readonly JsonSerializerOptions options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>How many steps have been taken.</summary>
    public int Step { get; set; }

    /// <summary>Anything else: settings, the best loss so far, a vocabulary.</summary>
    public JsonObject Info { get; private set; } = [];

    public void Save(string path)
    {
        var tensors = new OrderedDictionary<string, Tensor>();
        foreach (var (name, tensor) in model.StateDict()) tensors.Add(modelPrefix + name, tensor);
        foreach (var (name, tensor) in optimizer?.StateDict() ?? []) tensors.Add(optimizerPrefix + name, tensor);
        var state = new State(Step, Defaults.Generator.Seed, Defaults.Generator.Position, Info, optimizer?.Rate, order is null ? null : new(order.Seed, order.Taken));
        Safetensors.Save(path, tensors, new Dictionary<string, string> { [metadataKey] = JsonSerializer.Serialize(state, options) });
    }

    /// <summary>
    /// Brings model, optimiser, default generator and data order back to where they were: all, or, where it throws, none. Throws
    /// <see cref="InvalidDataException"/> where the file is no sound checkpoint, <see cref="ArgumentException"/> where it is that of
    /// another model or optimiser.
    /// </summary>
    public void Load(string path)
    {
        var (tensors, metadata) = Safetensors.Load(path);
        var state = Parse(path, metadata);
        if (optimizer is not null && state.Rate is null) throw new ArgumentException($"Checkpoint: {path} holds no optimiser state");
        if (order is not null && state.Order is null) throw new ArgumentException($"Checkpoint: {path} holds no data order");
        var (loadModel, loadOptimizer) = Loading();

        loadModel();
        loadOptimizer?.Invoke();
        (Step, Info) = (state.Step, state.Info);
        Defaults.Generator = new(state.Seed, state.Position);
        if (optimizer is not null) optimizer.Rate = state.Rate!.Value;
        order?.Restore(state.Order!.Seed, state.Order.Taken);

        (Action, Action?) Loading()
        {
            try
            {
                return (model.Loading(Under(modelPrefix)), optimizer?.Loading(Under(optimizerPrefix)));
            }
            catch (ArgumentException e)
            {
                throw new ArgumentException($"Checkpoint: {path}: {e.Message}", e);
            }
        }

        Dictionary<string, Tensor> Under(string prefix) => tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[prefix.Length..], t => t.Value);
    }

    /// <summary>The <see cref="Info"/> of a checkpoint, by which its model can be made before it is loaded.</summary>
    public static JsonObject ReadInfo(string path) => Parse(path, Safetensors.LoadMetadata(path)).Info;

    /// <summary>What the metadata say.</summary>
    sealed record State(int Step, ulong Seed, ulong Position, JsonObject Info, double? Rate = null, OrderState? Order = null);

    sealed record OrderState(ulong Seed, long Taken);

    static State Parse(string path, IReadOnlyDictionary<string, string> metadata)
    {
        try
        {
            if (metadata.TryGetValue(metadataKey, out var text) && JsonSerializer.Deserialize<State>(text, options) is { Step: >= 0, Order: null or { Taken: >= 0 } } state && double.IsFinite(state.Rate ?? 0))
            {
                ReadAll(state.Info);        // what is not sound inside (half a surrogate pair) would else be found by whoever reads it
                return state;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) { }
        throw new InvalidDataException($"Checkpoint: {path} is no checkpoint: it lacks the training state in its metadata");
    }

    static void ReadAll(JsonNode? node)
    {
        if (node is JsonObject members)
            foreach (var (_, value) in members) ReadAll(value);
        else if (node is JsonArray items)
            foreach (var item in items) ReadAll(item);
        else if (node is JsonValue value) value.TryGetValue(out string? _);
    }
}
