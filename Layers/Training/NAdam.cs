namespace NanoAttention;

/// <summary>
/// NAdam, Adam with Nesterov's momentum (Dozat 2016), in the form of PyTorch 1.13:
/// <code>
/// g ← g + λp;  m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  μₜ = β₁(1 − ½ 0.96^(tψ)),  Mₜ = μ₁ ⋯ μₜ
/// p ← p − η((1 − μₜ)/(1 − Mₜ) g + μₜ₊₁/(1 − Mₜ μₜ μₜ₊₁) m)/(√v̂ + ε),  v̂ = v/(1 − β₂ᵗ)
/// </code>
/// (in the paper, and in later versions of PyTorch, the second μₜ is absent: the divisor is 1 − Mₜ₊₁). <see cref="Optimizer.Momentum"/> is β₁.
/// </summary>
/// <param name="momentumDecay">ψ</param>
public sealed class NAdam(IEnumerable<ParameterGroup> groups, double rate = 2e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 0, double momentumDecay = 4e-3)
    : Optimizer(groups, rate, decay, beta1)
{
    public NAdam(IEnumerable<Tensor> parameters, double rate = 2e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 0, double momentumDecay = 4e-3)
        : this([new ParameterGroup(parameters)], rate, beta1, beta2, epsilon, decay, momentumDecay) { }

    private protected override string[] StateNames => ["exp_avg", "exp_avg_sq"];

    private protected override string[] NumberNames => ["mu_product"];

    private protected override void Step(Tensor p, Tensor g, Slot slot, double rate, double decay)
    {
        g = Decayed(g, p, decay);
        Tensor m = slot.Remembered(0), v = slot.Remembered(1);
        double now = Weight(slot.Steps), next = Weight(slot.Steps + 1), product = (slot.Steps == 1 ? 1 : slot.Numbers[0]) * now;
        slot.Numbers[0] = product;
        Average(m, g, Momentum);
        Average(v, g * g, beta2);
        var step = rate * (1 - now) / (1 - product) * g + rate * next / (1 - product * now * next) * m;
        p.CopyFrom(p - step / ((v / (1 - Math.Pow(beta2, slot.Steps))).Sqrt() + epsilon));

        double Weight(int t) => Momentum * (1 - 0.5 * Math.Pow(0.96, t * momentumDecay));
    }
}
