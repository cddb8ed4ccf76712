namespace NanoAttention;

/// <summary>
/// Adamax, Adam with the norm of order ∞ (Kingma and Ba 2015, §7.1):
/// <code>g ← g + λp;  m ← β₁m + (1 − β₁)g;  u ← max(β₂u, |g| + ε);  p ← p − η/(1 − β₁ᵗ) · m/u</code>
/// <see cref="Optimizer.Momentum"/> is β₁.
/// </summary>
public sealed class Adamax(IEnumerable<ParameterGroup> groups, double rate = 2e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 0) : Optimizer(groups, rate, decay, beta1)
{
    public Adamax(IEnumerable<Tensor> parameters, double rate = 2e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 0)
        : this([new ParameterGroup(parameters)], rate, beta1, beta2, epsilon, decay) { }

    private protected override string[] StateNames => ["exp_avg", "exp_inf"];

    private protected override void Step(Tensor p, Tensor g, Slot slot, double rate, double decay)
    {
        g = Decayed(g, p, decay);
        Tensor m = slot.Remembered(0), largest = slot.Remembered(1);
        Average(m, g, Momentum);
        largest.CopyFrom((beta2 * largest).Maximum(g.Abs() + epsilon));
        p.CopyFrom(p - rate / (1 - Math.Pow(Momentum, slot.Steps)) * m / largest);
    }
}
