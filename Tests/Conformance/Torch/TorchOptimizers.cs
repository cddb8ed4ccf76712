using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>PyTorch's optimisers by name and keywords.</summary>
public static class TorchOptimizers
{
    static readonly Dictionary<string, (Signature Signature, Func<IEnumerable<ParameterGroup>, Arguments, Optimizer> Make)> table =
        new (string Signature, Func<IEnumerable<ParameterGroup>, Arguments, Optimizer> Make)[]
        {
            ("SGD(lr, momentum=0, dampening=0, weight_decay=0, nesterov=False, maximize=False)",
                (p, a) => new Sgd(p, a.Float("lr"), a.Float("momentum"), a.Float("dampening"), Decay(a), a.Bool("nesterov")) { Maximize = a.Bool("maximize") }),
            ("Adam(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, maximize=False)",
                (p, a) => new Adam(p, a.Float("lr"), a.Pair("betas", 0), a.Pair("betas", 1), a.Float("eps"), Decay(a), a.Bool("amsgrad")) { Maximize = a.Bool("maximize") }),
            ("AdamW(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, amsgrad=False, maximize=False)",
                (p, a) => new AdamW(p, a.Float("lr"), a.Pair("betas", 0), a.Pair("betas", 1), a.Float("eps"), Decay(a), a.Bool("amsgrad")) { Maximize = a.Bool("maximize") }),
            ("RMSprop(lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False, maximize=False)",
                (p, a) => new RmsProp(p, a.Float("lr"), a.Float("alpha"), a.Float("eps"), Decay(a), a.Float("momentum"), a.Bool("centered")) { Maximize = a.Bool("maximize") }),
            ("Adagrad(lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, maximize=False)",
                (p, a) => new Adagrad(p, a.Float("lr"), a.Float("lr_decay"), Decay(a), a.Float("initial_accumulator_value"), a.Float("eps")) { Maximize = a.Bool("maximize") }),
            ("Adadelta(lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, maximize=False)",
                (p, a) => new Adadelta(p, a.Float("lr"), a.Float("rho"), a.Float("eps"), Decay(a)) { Maximize = a.Bool("maximize") }),
            ("Adamax(lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, maximize=False)",
                (p, a) => new Adamax(p, a.Float("lr"), a.Pair("betas", 0), a.Pair("betas", 1), a.Float("eps"), Decay(a)) { Maximize = a.Bool("maximize") }),
            ("NAdam(lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3)",
                (p, a) => new NAdam(p, a.Float("lr"), a.Pair("betas", 0), a.Pair("betas", 1), a.Float("eps"), Decay(a), a.Float("momentum_decay"))),
            ("RAdam(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0)",
                (p, a) => new RAdam(p, a.Float("lr"), a.Pair("betas", 0), a.Pair("betas", 1), a.Float("eps"), Decay(a))),
            ("Rprop(lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50), maximize=False)",
                (p, a) => new Rprop(p, a.Float("lr"), a.Pair("etas", 0), a.Pair("etas", 1), a.Pair("step_sizes", 0), a.Pair("step_sizes", 1)) { Maximize = a.Bool("maximize") }),
            ("ASGD(lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, maximize=False)",
                (p, a) => new AveragedSgd(p, a.Float("lr"), a.Float("lambd"), a.Float("alpha"), a.Float("t0"), Decay(a)) { Maximize = a.Bool("maximize") }),
        }.Select(entry => (Signature: new Signature(entry.Signature), entry.Make)).ToDictionary(entry => entry.Signature.Name);

    public static Optimizer Create(TorchCase vector, IReadOnlyDictionary<string, Tensor> parameters)
    {
        string name = vector.Text("optimizer")!;
        var keywords = vector.Members("kwargs");
        foreach (string how in (string[])["foreach", "fused", "capturable", "differentiable"]) keywords.Remove(how);     // not what is computed
        if (!table.TryGetValue(name, out var known)) throw new NotSupportedByEngineException(name);
        try { return known.Make(Groups(vector.Value("groups"), keywords, parameters), known.Signature.Bind([], keywords)); }
        catch (SignatureException e) { throw new NotSupportedByEngineException(e.Message); }
    }

    /// <summary>One group of all, or those listed, whose rates are multiples of the optimiser's.</summary>
    static IEnumerable<ParameterGroup> Groups(object? listed, Dictionary<string, object?> keywords, IReadOnlyDictionary<string, Tensor> parameters) =>
        listed is not List<object?> groups ? [new ParameterGroup(parameters.Values)]
        : groups.Cast<Dictionary<object, object?>>().Select(group => group.Keys.Except(["names", "lr", "weight_decay"]).FirstOrDefault() is { } own
            ? throw new NotSupportedByEngineException($"a group's own {own}") : new ParameterGroup(((List<object?>)group["names"]!).Select(n => parameters[(string)n!]))
            {
                RateScale = group.TryGetValue("lr", out var rate) ? Convert.ToDouble(rate) / Convert.ToDouble(keywords["lr"]) : 1,
                Decay = group.TryGetValue("weight_decay", out var decay) ? Convert.ToDouble(decay) : null,
            }).ToList();

    static double Decay(Arguments a) => a.Float("weight_decay");

    /// <summary>The first or second number of a pair.</summary>
    static double Pair(this Arguments a, string name, int i) => Convert.ToDouble(((IReadOnlyList<object?>)a[name]!)[i]);
}
