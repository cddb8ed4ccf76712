using System.Text.Json;
using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>
/// Runs the cases of conformance/torch, a group at a time: in F64 at the vectors' tolerances (the group f32 apart), or those that compute
/// with tensors in F32 too, on any device. All their inputs are float32 numbers.
/// </summary>
public sealed class TorchRunner
{
    readonly string folder;
    readonly JsonElement programOperations;
    readonly ILookup<string, TorchCase> cases;

    public TorchRunner(string folder)
    {
        this.folder = folder;
        var index = Vectors.Json(Path.Combine(folder, "index.json"));
        programOperations = index.GetProperty("programOps");
        cases = index.GetProperty("cases").EnumerateArray().Select(c => new TorchCase(c)).ToLookup(c => c.Group);
    }

    public IEnumerable<string> Groups => cases.Select(g => g.Key);

    public int Count => cases.Sum(g => g.Count());

    /// <summary>The groups that can be computed in F32 too: not those that record an optimiser's steps, nor f32 itself.</summary>
    public IEnumerable<string> SingleGroups => Groups.Except(["f32", "optim", "schedule", "clip", "ema", "init"]);

    public Tally Run(string group) => Run(group, group == "f32" ? DType.F32 : DType.F64, Device.Cpu);

    public Tally Run(string group, DType dtype, Device device)
    {
        Dictionary<string, IReadOnlyDictionary<string, Tensor>> files = [];
        List<Outcome> outcomes = [];
        foreach (var vector in cases[group])
        {
            if (!files.TryGetValue(vector.File, out var file)) files[vector.File] = file = Safetensors.Load(Path.Combine(folder, vector.File)).Tensors;
            if (dtype == DType.F32 && group != "f32" && !FitsSingle(vector, file)) continue;
            using var defaults = Defaults.With(dtype, device);
            outcomes.Add(Outcome.Of(vector.Name, () => Check(vector, file)));
        }
        return new($"torch/{group}", outcomes);
    }

    // Whether F32 holds every number that the case begins with; 1e300 it does not.
    static bool FitsSingle(TorchCase vector, IReadOnlyDictionary<string, Tensor> file) =>
        new[] { "inputs", "params", "buffers", "cotangents", "directions" }.SelectMany(vector.Entries).Where(entry => entry.Key is not null)
            .All(entry => file[entry.Key!].ToDoubles().All(v => double.IsNaN(v) || (float)v == v));

    void Check(TorchCase vector, IReadOnlyDictionary<string, Tensor> file)
    {
        switch (vector.Group)
        {
            case "program": new ProgramCase(vector, file, programOperations).Check(); break;
            case "f32": SinglePrecision(vector, file); break;
            case "optim": new OptimizerCase(vector, file).Check(); break;
            case "schedule": TorchSchedules.Check(vector, file); break;
            case "clip": ClippingCase.Check(vector, file); break;
            case "ema": AveragingCase.Check(vector, file); break;
            case "init": InitialCase.Check(vector, file); break;
            default: new ExpressionCase(vector, file).Check(); break;
        }
    }

    /// <summary>y of x, both float32.</summary>
    static void SinglePrecision(TorchCase vector, IReadOnlyDictionary<string, Tensor> file)
    {
        Tensor x = file[$"{vector.Name}/t/x"], y = file[$"{vector.Name}/t/y"];
        var actual = (Tensor)Evaluator.Evaluate(vector.Expression, new TorchObjects(new Dictionary<string, object?> { ["x"] = x }))!;
        if (vector.Op == "log1p") y = Tensor.Where(x > 1e38, x.Log(), y);     // PyTorch's (SLEEF's) of floats is ∞ beyond 1e38
        Close.Check("y", actual, y, vector.Relative, vector.Absolute);
    }
}
