using System.Text.Json;
using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>Runs the cases of conformance/torch, a group at a time, in F64 (the group f32 apart).</summary>
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

    public Tally Run(string group)
    {
        Dictionary<string, IReadOnlyDictionary<string, Tensor>> files = [];
        List<Outcome> outcomes = [];
        foreach (var vector in cases[group])
        {
            if (!files.TryGetValue(vector.File, out var file)) files[vector.File] = file = Safetensors.Load(Path.Combine(folder, vector.File)).Tensors;
            outcomes.Add(Run(vector, file));
        }
        return new($"torch/{group}", outcomes);
    }

    Outcome Run(TorchCase vector, IReadOnlyDictionary<string, Tensor> file)
    {
        using var defaults = Defaults.With(dtype: vector.Group == "f32" ? DType.F32 : DType.F64);
        return Outcome.Of(vector.Name, () => Check(vector, file));
    }

    void Check(TorchCase vector, IReadOnlyDictionary<string, Tensor> file)
    {
        switch (vector.Group)
        {
            case "program": new ProgramCase(vector, file, programOperations).Check(); break;
            case "f32": SinglePrecision(vector, file); break;
            case "optim": new OptimizerCase(vector, file).Check(); break;
            case "schedule": TorchSchedules.Check(vector, file); break;
            case "clip": ClippingCase.Check(vector, file); break;
            case "ema" or "init": throw new NotSupportedByEngineException(vector.Op);
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
