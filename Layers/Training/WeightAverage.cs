namespace NanoAttention;

/// <summary>
/// An average of a module's parameters over training, kept beside them: of all that were taken, a ← a + (p − a)/(n + 1) (Polyak and
/// Juditsky 1992; Izmailov et al. 2018), or with a decay an exponential one, a ← δa + (1 − δ)p. The first taken is taken as it is.
/// </summary>
public sealed class WeightAverage(Module module, double? decay = null)
{
    readonly (string Name, Tensor Parameter, Tensor Average)[] all =
        [.. module.Named().Where(n => n.Value.RequiresGrad).Select(n => (n.Name, n.Value, n.Value.Detach().Clone().Keep()))];

    /// <summary>How often parameters have been taken.</summary>
    public int Count { get; private set; }

    /// <summary>Takes the parameters as they are now; to be called after a step.</summary>
    public void Update()
    {
        double taken = Count == 0 ? 1 : decay is { } kept ? 1 - kept : 1.0 / (Count + 1);
        foreach (var (_, p, average) in all) average.CopyFrom(taken == 1 ? p.Detach() : average + taken * (p.Detach() - average));
        Count++;
    }

    /// <summary>Exchanges the averages and the parameters: once to evaluate with the averages, once more to go on training.</summary>
    public void Exchange()
    {
        foreach (var (_, p, average) in all)
        {
            var own = p.Detach().Clone();
            p.CopyFrom(average);
            average.CopyFrom(own);
        }
    }

    /// <summary>The averages, under the names of the parameters, and how often these were taken, as n_averaged.</summary>
    public OrderedDictionary<string, Tensor> StateDict()
    {
        var state = new OrderedDictionary<string, Tensor> { ["n_averaged"] = Tensor.Scalar(Count, DType.I32, Device.Cpu) };
        foreach (var (name, _, average) in all) state.Add(name, average.Detach());
        return state;
    }

    /// <summary>Takes over a state dict of averages of the same module; throws, before anything is changed, where it does not fit.</summary>
    public void Load(IReadOnlyDictionary<string, Tensor> state)
    {
        string[] names = ["n_averaged", .. all.Select(a => a.Name)];
        if (names.Except(state.Keys).Concat(state.Keys.Except(names)).ToArray() is { Length: > 0 } wrong)
            throw new ArgumentException($"WeightAverage.Load: {string.Join(", ", wrong)}: missing or unexpected");
        foreach (var (name, _, average) in all)
            if (state[name].Shape != average.Shape) throw new ArgumentException($"WeightAverage.Load: {name} has shape {state[name].Shape}, not {average.Shape}");
        foreach (var (name, _, average) in all) average.CopyFrom(state[name].Detach().To(average.DType).To(average.Device));
        Count = (int)state["n_averaged"].Item();
    }
}
