namespace NanoAttention.Tests.Conformance;

/// <summary>
/// An average of weights over training: the tensors of every step under a name of <see cref="given"/>, (steps, …), and what
/// <see cref="WeightAverage"/> makes of them under one of <see cref="averaged"/>, after every step or after the last one. It begins at
/// "init", where there is one, else with the first weights.
/// </summary>
public static class AveragingCase
{
    static readonly string[] given = ["p", "param", "params", "w", "weights", "x", "value", "values", "after"];
    static readonly string[] averaged = ["ema", "avg", "average", "averaged", "swa", "shadow", "out", "y"];

    sealed class Model(Tensor start) : Module
    {
        public Tensor Weight { get; } = start.Clone().RequireGrad();
    }

    public static void Check(TorchCase vector, IReadOnlyDictionary<string, Tensor> file)
    {
        double? decay = vector.Value("decay") is { } value ? Convert.ToDouble(value) : null;
        var tensors = vector.Entries("tensors").ToDictionary(t => t.Name, t => file[t.Key!]);
        var pairs = tensors.Keys.Select(name => (Given: name, Average: averaged.Select(other => Named(name, other)).FirstOrDefault(tensors.ContainsKey)))
            .Where(pair => given.Contains(pair.Given.Split('/')[0]) && pair.Average is not null).ToArray();
        if (pairs.Length == 0) throw new NotSupportedByEngineException($"{vector.Op} of {string.Join(", ", tensors.Keys)}");
        foreach (var (name, average) in pairs) Check(vector, tensors[name], tensors[average!], tensors.GetValueOrDefault(Named(name, "init")), decay);
    }

    /// <summary>p/a → ema/a</summary>
    static string Named(string name, string first) => string.Join('/', [first, .. name.Split('/')[1..]]);

    static void Check(TorchCase vector, Tensor weights, Tensor expected, Tensor? start, double? decay)
    {
        var model = new Model(start ?? weights[0]);
        var average = new WeightAverage(model, decay);
        if (start is not null) average.Update();
        bool each = expected.Rank == weights.Rank;
        for (int step = 0; step < weights.Shape[0]; step++)
        {
            model.Weight.CopyFrom(weights[step]);
            average.Update();
            if (each || step == weights.Shape[0] - 1)
                Close.Check($"average after step {step}", average.StateDict()["weight"], each ? expected[step] : expected, vector.Relative, vector.Absolute);
        }
    }
}
