namespace NanoAttention;

/// <summary>
/// Adam (Kingma and Ba 2015): <code>m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  p ← p − η m̂/(√v̂ + ε)</code>
/// with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ). The decay λ is added to the gradient: g ← g + λp.
/// </summary>
public sealed class Adam(IEnumerable<ParameterGroup> groups, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 0) : Optimizer(groups, rate, decay)
{
    public Adam(IEnumerable<Tensor> parameters, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 0)
        : this([new ParameterGroup(parameters)], rate, beta1, beta2, epsilon, decay) { }

    private protected override string[] StateNames => ["exp_avg", "exp_avg_sq"];

    private protected override void Step(Tensor p, Tensor g, Slot slot, double rate, double decay) =>
        p.Device.Adam(p, g, slot.Remembered(0), slot.Remembered(1), rate, beta1, beta2, epsilon, decay, slot.Steps, decoupled: false);
}
