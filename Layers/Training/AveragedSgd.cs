namespace NanoAttention;

/// <summary>
/// Stochastic gradient descent whose iterates are averaged beside it (Polyak and Juditsky 1992), in PyTorch's form:
/// <code>g ← g + λp;  p ← (1 − δηₜ)p − ηₜg,  ηₜ₊₁ = η/(1 + δηt)^α;  a ← a + μₜ(p − a),  μₜ₊₁ = 1/max(1, t − t₀)</code>
/// with η₁ = η and μ₁ = 1. The average a is found in <see cref="Optimizer.StateDict"/> as ax.
/// </summary>
/// <param name="delta">δ, the decay of p and of the rate.</param>
/// <param name="start">t₀, the step from which on the average is one of more than the last.</param>
public sealed class AveragedSgd(IEnumerable<ParameterGroup> groups, double rate = 1e-2, double delta = 1e-4, double alpha = 0.75, double start = 1e6, double decay = 0) : Optimizer(groups, rate, decay)
{
    public AveragedSgd(IEnumerable<Tensor> parameters, double rate = 1e-2, double delta = 1e-4, double alpha = 0.75, double start = 1e6, double decay = 0)
        : this([new ParameterGroup(parameters)], rate, delta, alpha, start, decay) { }

    private protected override string[] StateNames => ["ax"];

    private protected override string[] NumberNames => ["eta", "mu"];

    private protected override void Step(Tensor p, Tensor g, Slot slot, double rate, double decay)
    {
        g = Decayed(g, p, decay);
        var average = slot.Remembered(0);
        var (eta, mu) = slot.Steps == 1 ? (rate, 1) : (slot.Numbers[0], slot.Numbers[1]);
        p.CopyFrom((1 - delta * eta) * p - eta * g);
        average.CopyFrom(mu == 1 ? p : average + mu * (p - average));
        slot.Numbers[0] = rate / Math.Pow(1 + delta * rate * slot.Steps, alpha);
        slot.Numbers[1] = 1 / Math.Max(1, slot.Steps - start);
    }
}
