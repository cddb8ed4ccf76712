namespace NanoAttention;

/// <summary>
/// RAdam, Adam that goes without its v until enough gradients have been seen (Liu et al. 2020):
/// <code>
/// g ← g + λp;  m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  m̂ = m/(1 − β₁ᵗ)
/// ρ∞ = 2/(1 − β₂) − 1,  ρ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ);  where ρ ≤ 5: p ← p − ηm̂
/// else p ← p − ηm̂ √((ρ − 4)(ρ − 2)ρ∞/((ρ∞ − 4)(ρ∞ − 2)ρ)) √(1 − β₂ᵗ)/(√v + ε)
/// </code>
/// <see cref="Optimizer.Momentum"/> is β₁.
/// </summary>
public sealed class RAdam(IEnumerable<ParameterGroup> groups, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 0) : Optimizer(groups, rate, decay, beta1)
{
    public RAdam(IEnumerable<Tensor> parameters, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 0)
        : this([new ParameterGroup(parameters)], rate, beta1, beta2, epsilon, decay) { }

    private protected override string[] StateNames => ["exp_avg", "exp_avg_sq"];

    private protected override void Step(Tensor p, Tensor g, Slot slot, double rate, double decay)
    {
        g = Decayed(g, p, decay);
        Tensor m = slot.Remembered(0), v = slot.Remembered(1);
        Average(m, g, Momentum);
        Average(v, g * g, beta2);
        double left = 1 - Math.Pow(beta2, slot.Steps), limit = 2 / (1 - beta2) - 1, length = limit - 2 * slot.Steps * (1 - left) / left;
        var step = rate / (1 - Math.Pow(Momentum, slot.Steps)) * m;
        if (length > 5)
        {
            double rectified = Math.Sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length));
            step = step * (rectified * Math.Sqrt(left)) / (v.Sqrt() + epsilon);
        }
        p.CopyFrom(p - step);
    }
}
