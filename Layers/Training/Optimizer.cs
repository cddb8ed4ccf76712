namespace NanoAttention;

/// <summary>Parameters that share settings: a decay other than the optimiser's, a rate that is a multiple of its.</summary>
public sealed record ParameterGroup(IEnumerable<Tensor> Parameters)
{
    /// <summary>The weight decay λ; the optimiser's unless set.</summary>
    public double? Decay { get; init; }

    /// <summary>What the optimiser's rate is multiplied by.</summary>
    public double RateScale { get; init; } = 1;
}

/// <summary>
/// Changes parameters along their gradients, in place. A parameter without a gradient is left as it is. What an optimiser remembers
/// (moments) survives scopes, and is saved by <see cref="StateDict"/>.
/// </summary>
public abstract class Optimizer
{
    readonly List<Slot> slots = [];
    readonly double decay;

    private protected Optimizer(IEnumerable<ParameterGroup> groups, double rate, double decay, double momentum = 0)
    {
        (Rate, this.decay, Momentum) = (rate, decay, momentum);
        var seen = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
        foreach (var group in groups)
            foreach (var p in group.Parameters)
            {
                if (p.Source?.Leaf is null) throw new ArgumentException($"{GetType().Name}: a tensor of shape {p.Shape} is no parameter (make it one with RequireGrad)");
                if (!seen.Add(p)) throw new ArgumentException($"{GetType().Name}: a parameter of shape {p.Shape} is given twice");
                slots.Add(new(p, group));
            }
    }

    /// <summary>The learning rate η: set it before each step to follow a <see cref="Schedule"/>.</summary>
    public double Rate { get; set; }

    /// <summary>The momentum μ, β₁ in Adam and its kin, 0 where there is none: set it before each step to follow a schedule.</summary>
    public double Momentum { get; set; }

    /// <summary>Whether steps go along the gradients and not against them.</summary>
    public bool Maximize { get; init; }

    /// <summary>All parameters, in the order of the groups.</summary>
    public IEnumerable<Tensor> Parameters => slots.Select(slot => slot.Parameter);

    /// <summary>One step along the gradients as they are now. Throws, before anything is changed, where one does not fit its
    /// parameter.</summary>
    public void Step()
    {
        foreach (var slot in slots)
            if (slot.Parameter is { Grad: { } g } p && (g.Shape != p.Shape || g.DType != p.DType || g.Device != p.Device))
                throw new InvalidOperationException($"{GetType().Name}: a gradient {g.Shape} ({g.DType}, {g.Device.Name}) "
                    + $"does not fit its parameter {p.Shape} ({p.DType}, {p.Device.Name})");
        try
        {
            foreach (var slot in slots)
            {
                var p = slot.Parameter;
                if (p.Grad is not { } grad) continue;
                var g = grad.Detach().Contiguous();
                slot.Steps++;
                p.Storage.Touch();
                Step(p.Detach(), Maximize ? -g : g, slot, Rate * slot.Group.RateScale, slot.Group.Decay ?? decay);
            }
        }
        finally
        {
            Finish();
        }
    }

    /// <summary>Sets all gradients to 0, in place: their memory is used again.</summary>
    public void ZeroGrad()
    {
        foreach (var p in Parameters.Where(p => p.Grad is { RequiresGrad: true } or { IsContiguous: false })) p.Grad = null;      // part of a graph of a gradient
        foreach (var some in GradientClipping.Together(Parameters.Select(p => p.Grad).OfType<Tensor>()))
        {
            foreach (var g in some) g.Storage.Touch();
            some[0].Device.Zero(some);
        }
    }

    private protected abstract void Step(Tensor p, Tensor g, Slot slot, double rate, double decay);

    /// <summary>What is left to do at the end of a step, of those that step over several parameters at once.</summary>
    private protected virtual void Finish() { }

    /// <summary>g + λp</summary>
    private protected static Tensor Decayed(Tensor g, Tensor p, double decay) => decay == 0 ? g : g + decay * p;

    /// <summary>average ← kept · average + (1 − kept) · x, in place.</summary>
    private protected static void Average(Tensor average, Tensor x, double kept) => average.CopyFrom(kept * average + (1 - kept) * x);

    /// <summary>What a slot's tensors are called in the state dict.</summary>
    private protected abstract string[] StateNames { get; }

    /// <summary>What its numbers are called there.</summary>
    private protected virtual string[] NumberNames => [];

    /// <summary>What is remembered: for parameter i, once it has taken a step, i.step, its tensors and its numbers.</summary>
    public OrderedDictionary<string, Tensor> StateDict()
    {
        var state = new OrderedDictionary<string, Tensor>();
        for (int i = 0; i < slots.Count; i++)
        {
            if (slots[i].Steps == 0) continue;
            state.Add($"{i}.step", Tensor.Scalar(slots[i].Steps, DType.I32, Device.Cpu));
            for (int k = 0; k < StateNames.Length; k++)
                if (slots[i].State[k] is { } tensor) state.Add($"{i}.{StateNames[k]}", tensor.Detach());
            for (int k = 0; k < NumberNames.Length; k++) state.Add($"{i}.{NumberNames[k]}", Tensor.Scalar(slots[i].Numbers[k], DType.F64, Device.Cpu));
        }
        return state;
    }

    /// <summary>
    /// Takes over a state dict of the same optimiser over the same parameters. Throws, before anything is changed, with a list of all
    /// names that are missing, unexpected, or of another shape or type: a parameter comes with all that is remembered, or with nothing.
    /// </summary>
    public void Load(IReadOnlyDictionary<string, Tensor> state) => Loading(state)();

    /// <summary>Throws where the state dict does not fit; the result loads it.</summary>
    internal Action Loading(IReadOnlyDictionary<string, Tensor> state)
    {
        var wrong = new List<string>();
        var known = new HashSet<string>();
        for (int i = 0; i < slots.Count; i++)
        {
            string[] names = [$"{i}.step", .. NumberNames.Concat(StateNames).Select(name => $"{i}.{name}")];
            known.UnionWith(names);
            if (!names.Any(state.ContainsKey)) continue;
            for (int k = 0; k < names.Length; k++)
            {
                string name = names[k];
                bool step = k == 0;
                var shape = k <= NumberNames.Length ? [] : slots[i].Parameter.Shape;
                if (!state.TryGetValue(name, out var given)) wrong.Add($"{name} is missing");
                else if (given.Shape != shape) wrong.Add($"{name} has shape {given.Shape}, not {shape}");
                else if (step ? given.DType == DType.Bool : !given.DType.IsFloat) wrong.Add($"{name} holds {given.DType}, not {(step ? "a number" : "floating point")}");
                else if (step && given.Item() is not (>= 1 and <= int.MaxValue)) wrong.Add($"{name} is {given.Item()}, not at least 1");
            }
        }
        wrong.AddRange(state.Keys.Where(name => !known.Contains(name)).Select(name => $"{name} is unexpected"));
        if (wrong.Count > 0) throw new ArgumentException($"{GetType().Name}.Load: {string.Join("; ", wrong)}");

        return () =>
        {
            for (int i = 0; i < slots.Count; i++)
            {
                var p = slots[i].Parameter;
                slots[i].Steps = state.TryGetValue($"{i}.step", out var step) ? (int)step.Item() : 0;
                for (int k = 0; k < NumberNames.Length; k++) slots[i].Numbers[k] = state.TryGetValue($"{i}.{NumberNames[k]}", out var number) ? number.Item() : 0;
                for (int k = 0; k < StateNames.Length; k++)
                {
                    if (!state.TryGetValue($"{i}.{StateNames[k]}", out var given)) slots[i].State[k] = null;
                    else slots[i].Remembered(k).CopyFrom(given.Detach().To(p.DType).To(p.Device));
                }
            }
        };
    }

    /// <summary>A parameter with what is remembered about it.</summary>
    private protected sealed class Slot(Tensor parameter, ParameterGroup group)
    {
        public Tensor Parameter => parameter;
        public ParameterGroup Group => group;
        public int Steps { get; set; }
        public Tensor?[] State { get; } = new Tensor?[3];
        public double[] Numbers { get; } = new double[2];

        /// <summary>Tensor k of the state, of the parameter's shape, filled with a number at first.</summary>
        public Tensor Remembered(int k, double initial = 0) => State[k] ??= Tensor.Full(parameter.Shape, initial, parameter.DType, parameter.Device).Keep();
    }
}
