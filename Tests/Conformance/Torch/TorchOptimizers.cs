using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>PyTorch's optimisers by name and keywords.</summary>
public static class TorchOptimizers
{
    static readonly Dictionary<string, (Signature Signature, Func<IEnumerable<ParameterGroup>, Arguments, Optimizer> Make)> table =
        new (string Signature, Func<IEnumerable<ParameterGroup>, Arguments, Optimizer> Make)[]
        {
            ("SGD(lr, momentum=0, dampening=0, weight_decay=0, nesterov=False)",
                (p, a) => new Sgd(p, a.Float("lr"), a.Float("momentum"), a.Float("dampening"), a.Float("weight_decay"), a.Bool("nesterov"))),
            ("Adam(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0)",
                (p, a) => new Adam(p, a.Float("lr"), Beta(a, 0), Beta(a, 1), a.Float("eps"), a.Float("weight_decay"))),
            ("AdamW(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2)",
                (p, a) => new AdamW(p, a.Float("lr"), Beta(a, 0), Beta(a, 1), a.Float("eps"), a.Float("weight_decay"))),
        }.Select(entry => (Signature: new Signature(entry.Signature), entry.Make)).ToDictionary(entry => entry.Signature.Name);

    public static Optimizer Create(TorchCase vector, IReadOnlyDictionary<string, Tensor> parameters)
    {
        string name = vector.Text("optimizer")!;
        var keywords = vector.Members("kwargs");
        if (!table.TryGetValue(name, out var known)) throw new NotSupportedByEngineException(name);
        try { return known.Make(Groups(vector.Value("groups"), keywords, parameters), known.Signature.Bind([], keywords)); }
        catch (SignatureException e) { throw new NotSupportedByEngineException(e.Message); }
    }

    /// <summary>One group of all, or those listed, whose rates are multiples of the optimiser's.</summary>
    static IEnumerable<ParameterGroup> Groups(object? listed, Dictionary<string, object?> keywords, IReadOnlyDictionary<string, Tensor> parameters) =>
        listed is not List<object?> groups ? [new ParameterGroup(parameters.Values)]
        : groups.Cast<Dictionary<object, object?>>().Select(group => new ParameterGroup(((List<object?>)group["names"]!).Select(n => parameters[(string)n!]))
        {
            RateScale = group.TryGetValue("lr", out var rate) ? Convert.ToDouble(rate) / Convert.ToDouble(keywords["lr"]) : 1,
            Decay = group.TryGetValue("weight_decay", out var decay) ? Convert.ToDouble(decay) : null,
        }).ToList();

    static double Beta(Arguments a, int i) => Convert.ToDouble(((IReadOnlyList<object?>)a["betas"]!)[i]);
}
