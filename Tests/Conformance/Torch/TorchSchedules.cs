using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>What a scheduler sets before each step: the rate, and with some the momentum.</summary>
public sealed record TorchSchedule(Func<int, double> Rate, Func<int, double>? Momentum = null);

/// <summary>PyTorch's learning-rate schedulers by name and keywords, as functions of the step.</summary>
public static class TorchSchedules
{
    static readonly Dictionary<string, (Signature Signature, Func<double, Arguments, TorchSchedule> Make)> table =
        new (string Signature, Func<double, Arguments, TorchSchedule> Make)[]
        {
            ("StepLR(step_size, gamma=0.1)", (rate, a) => new(Schedule.Steps(rate, a.Int("step_size"), a.Float("gamma")))),
            ("MultiStepLR(milestones, gamma=0.1)", (rate, a) => new(Schedule.Steps(rate, a.Ints("milestones"), a.Float("gamma")))),
            ("ExponentialLR(gamma)", (rate, a) => new(Schedule.Exponential(rate, a.Float("gamma")))),
            ("ConstantLR(factor=0.3333333333333333, total_iters=5)", (rate, a) => new(Schedule.Constant(rate, a.Float("factor"), a.Int("total_iters")))),
            ("LinearLR(start_factor=0.3333333333333333, end_factor=1.0, total_iters=5)",
                (rate, a) => new(Schedule.Linear(rate, a.Float("start_factor"), a.Float("end_factor"), a.Int("total_iters")))),
            ("PolynomialLR(total_iters=5, power=1.0)", (rate, a) => new(Schedule.Polynomial(rate, a.Int("total_iters"), a.Float("power")))),
            ("CosineAnnealingLR(T_max, eta_min=0)", (rate, a) => new(Schedule.Cosine(rate, a.Float("eta_min"), a.Int("T_max")))),
            ("CosineAnnealingWarmRestarts(T_0, T_mult=1, eta_min=0)",
                (rate, a) => new(Schedule.CosineRestarts(rate, a.Float("eta_min"), a.Int("T_0"), a.Int("T_mult")))),
            ("CyclicLR(base_lr, max_lr, step_size_up=2000, step_size_down=None, mode='triangular', gamma=1.0, cycle_momentum=True, base_momentum=0.8, max_momentum=0.9)",
                (_, a) => Cyclic(a)),
            ("OneCycleLR(max_lr, total_steps=None, epochs=None, steps_per_epoch=None, pct_start=0.3, anneal_strategy='cos', cycle_momentum=True, "
                + "base_momentum=0.85, max_momentum=0.95, div_factor=25.0, final_div_factor=10000.0, three_phase=False)", (_, a) => OneCycle(a)),
        }.Select(entry => (Signature: new Signature(entry.Signature), entry.Make)).ToDictionary(entry => entry.Signature.Name);

    /// <summary>
    /// The schedule of an optimiser's case, of several the product of what they multiply the rate by; null where there is none.
    /// </summary>
    public static TorchSchedule? Create(TorchCase vector, double rate)
    {
        if (vector.Value("schedulers") is not List<object?> { Count: > 0 } listed) return null;
        var schedulers = listed.Cast<Dictionary<object, object?>>().ToArray();
        TorchSchedule[] all = [.. schedulers.Select(s => Create((string)s["cls"]!, s["kw"], rate))];
        return all is [var only] ? only : new(t => all.Aggregate(rate, (r, s) => r * s.Rate(t) / rate));
    }

    /// <summary>The rates of a schedule alone.</summary>
    public static void Check(TorchCase vector, IReadOnlyDictionary<string, Tensor> file)
    {
        double[] expected = file[$"{vector.Name}/t/lr"].ToDoubles();
        var schedule = Create(vector.Text("scheduler")!, vector.Value("kwargs"), Convert.ToDouble(vector.Value("baseLr")));
        Close.Check("lr", [.. Enumerable.Range(0, expected.Length).Select(schedule.Rate)], expected, vector.Relative, vector.Absolute);
    }

    /// <summary>By keywords; LambdaLR by its formula.</summary>
    static TorchSchedule Create(string name, object? settings, double rate) => settings switch
    {
        string formula when name == "LambdaLR" => new(t => Formula(formula, rate, t)),
        Dictionary<object, object?> keywords => Create(name, keywords.ToDictionary(k => (string)k.Key, k => k.Value), rate),
        null => Create(name, new Dictionary<string, object?>(), rate),
        _ => throw new NotSupportedByEngineException($"{name} with {settings}"),
    };

    /// <summary>The rate at step t, of "condition: rate; condition: rate; else rate".</summary>
    static double Formula(string text, double rate, int t)
    {
        var objects = new TorchObjects(new Dictionary<string, object?> { ["lr"] = rate, ["t"] = (long)t, ["pi"] = Math.PI });
        foreach (string part in text.Split("; "))
        {
            string[] halves = part.Split(": ");
            if (halves.Length == 1) return Convert.ToDouble(Evaluator.Evaluate(part.StartsWith("else ", StringComparison.Ordinal) ? part[5..] : part, objects));
            if (Evaluator.Evaluate(halves[0], objects) is true) return Convert.ToDouble(Evaluator.Evaluate(halves[1], objects));
        }
        throw new PlainException($"{text} says nothing of step {t}");
    }

    static TorchSchedule Create(string name, Dictionary<string, object?> keywords, double rate)
    {
        if (!table.TryGetValue(name, out var known)) throw new NotSupportedByEngineException(name);
        foreach (var (word, unchanged) in new[] { ("last_epoch", (object)-1L), ("verbose", false), ("scale_mode", "cycle") })
            if (keywords.TryGetValue(word, out var value) && unchanged.Equals(value)) keywords.Remove(word);
        try { return known.Make(rate, known.Signature.Bind([], keywords)); }
        catch (SignatureException e) { throw new NotSupportedByEngineException(e.Message); }
    }

    static TorchSchedule Cyclic(Arguments a)
    {
        double gamma = a.Float("gamma"), least = a.Float("base_momentum"), most = a.Float("max_momentum");
        Func<int, int, double>? height = a.Text("mode") switch
        {
            "triangular2" => (cycle, _) => Math.Pow(0.5, cycle),
            "exp_range" => (_, t) => Math.Pow(gamma, t),
            _ => null,
        };
        var momentum = Between(least, most);
        return new(Between(a.Float("base_lr"), a.Float("max_lr")), a.Bool("cycle_momentum") ? t => most - (momentum(t) - least) : null);

        Func<int, double> Between(double low, double high) => Schedule.Cyclic(low, high, a.Int("step_size_up"), a.IntOrNone("step_size_down"), height);
    }

    static TorchSchedule OneCycle(Arguments a)
    {
        int steps = a.IntOrNone("total_steps") ?? a.Int("epochs") * a.Int("steps_per_epoch");
        double peak = a.Float("max_lr"), start = peak / a.Float("div_factor"), least = a.Float("base_momentum"), most = a.Float("max_momentum");
        return new(Through(start, peak, start / a.Float("final_div_factor")), a.Bool("cycle_momentum") ? Through(most, least, most) : null);

        Func<int, double> Through(double from, double top, double to) =>
            Schedule.OneCycle(from, top, to, steps, a.Float("pct_start"), a.Text("anneal_strategy") == "linear", a.Bool("three_phase"));
    }
}
