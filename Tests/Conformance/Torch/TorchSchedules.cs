using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>PyTorch's learning-rate schedulers by name and keywords, as functions of the step.</summary>
public static class TorchSchedules
{
    static readonly Dictionary<string, (Signature Signature, Func<double, Arguments, int, Func<int, double>> Make)> table =
        new (string Signature, Func<double, Arguments, int, Func<int, double>> Make)[]
        {
            ("StepLR(step_size, gamma=0.1)", (rate, a, _) => Schedule.Steps(rate, a.Int("step_size"), a.Float("gamma"))),
            ("ExponentialLR(gamma)", (rate, a, _) => Schedule.Exponential(rate, a.Float("gamma"))),
            ("CosineAnnealingLR(T_max, eta_min=0)", (rate, a, steps) => steps <= a.Int("T_max")
                ? Schedule.WarmupCosine(rate, a.Float("eta_min"), 0, a.Int("T_max")) : throw new NotSupportedByEngineException("CosineAnnealingLR beyond T_max")),
        }.Select(entry => (Signature: new Signature(entry.Signature), entry.Make)).ToDictionary(entry => entry.Signature.Name);

    /// <summary>The schedule of an optimiser's case; null where there is none, or it is an arbitrary function whose rates are recorded (LambdaLR).</summary>
    public static Func<int, double>? Create(TorchCase vector, double rate, int steps) => vector.Value("schedulers") switch
    {
        null => null,
        List<object?> and [Dictionary<object, object?> one] when (string)one["cls"]! == "LambdaLR" => null,
        List<object?> and [Dictionary<object, object?> one] => Create((string)one["cls"]!, ((Dictionary<object, object?>)one["kw"]!).ToDictionary(k => (string)k.Key, k => k.Value), rate, steps),
        _ => throw new NotSupportedByEngineException("chained schedulers"),
    };

    /// <summary>The rates of a schedule alone.</summary>
    public static void Check(TorchCase vector, IReadOnlyDictionary<string, Tensor> file)
    {
        double[] expected = file[$"{vector.Name}/t/lr"].ToDoubles();
        var schedule = Create(vector.Text("scheduler")!, vector.Members("kwargs"), Convert.ToDouble(vector.Value("baseLr")), expected.Length);
        Close.Check("lr", [.. Enumerable.Range(0, expected.Length).Select(schedule)], expected, vector.Relative, vector.Absolute);
    }

    static Func<int, double> Create(string name, Dictionary<string, object?> keywords, double rate, int steps)
    {
        if (!table.TryGetValue(name, out var known)) throw new NotSupportedByEngineException(name);
        try { return known.Make(rate, known.Signature.Bind([], keywords), steps); }
        catch (SignatureException e) { throw new NotSupportedByEngineException(e.Message); }
    }
}
