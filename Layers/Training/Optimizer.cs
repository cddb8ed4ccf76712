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

    private protected Optimizer(IEnumerable<ParameterGroup> groups, double rate, double decay)
    {
        (Rate, this.decay) = (rate, decay);
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

    /// <summary>All parameters, in the order of the groups.</summary>
    public IEnumerable<Tensor> Parameters => slots.Select(slot => slot.Parameter);

    /// <summary>One step along the gradients as they are now.</summary>
    public void Step()
    {
        foreach (var slot in slots)
        {
            var p = slot.Parameter;
            if (p.Grad is not { } grad) continue;
            slot.Steps++;
            p.Storage.Touch();
            Step(p, grad.Detach().Contiguous(), slot, Rate * slot.Group.RateScale, slot.Group.Decay ?? decay);
        }
    }

    /// <summary>Sets all gradients to 0, in place: their memory is used again.</summary>
    public void ZeroGrad()
    {
        foreach (var slot in slots)
        {
            var p = slot.Parameter;
            if (p.Grad is { RequiresGrad: true }) p.Grad = null;      // part of a graph of a gradient
            else p.Grad?.Fill(0);
        }
    }

    private protected abstract void Step(Tensor p, Tensor g, Slot slot, double rate, double decay);

    /// <summary>What a slot's tensors are called in the state dict.</summary>
    private protected abstract string[] StateNames { get; }

    /// <summary>What is remembered: for parameter i, once it has taken a step, i.step and its tensors.</summary>
    public OrderedDictionary<string, Tensor> StateDict()
    {
        var state = new OrderedDictionary<string, Tensor>();
        for (int i = 0; i < slots.Count; i++)
        {
            if (slots[i].Steps == 0) continue;
            state.Add($"{i}.step", Tensor.Scalar(slots[i].Steps, DType.I32, Device.Cpu));
            for (int k = 0; k < StateNames.Length; k++)
                if (slots[i].State[k] is { } tensor) state.Add($"{i}.{StateNames[k]}", tensor.Detach());
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
            string[] names = [$"{i}.step", .. StateNames.Select(name => $"{i}.{name}")];
            known.UnionWith(names);
            if (!names.Any(state.ContainsKey)) continue;
            foreach (string name in names)
            {
                bool step = name == names[0];
                var shape = step ? [] : slots[i].Parameter.Shape;
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
        public Tensor?[] State { get; } = new Tensor?[2];

        /// <summary>Tensor k of the state, of the parameter's shape, 0 at first.</summary>
        public Tensor Remembered(int k) => State[k] ??= Tensor.Zeros(parameter.Shape, parameter.DType, parameter.Device).Keep();
    }
}
