namespace NanoAttention;

/// <summary>
/// Adam (Kingma and Ba 2015): <code>m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  p ← p − η m̂/(√v̂ + ε)</code>
/// with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ). The decay λ is added to the gradient: g ← g + λp. With <c>amsgrad</c> the largest v so far
/// stands in the place of v (Reddi, Kale and Kumar 2018). <see cref="Optimizer.Momentum"/> is β₁.
/// </summary>
public class Adam : Optimizer
{
    readonly double beta2, epsilon;
    readonly bool amsgrad, decoupled;
    readonly List<AdamTensors> waiting = [];
    (Device? Device, DType Type, double Rate, double Decay, int Step) kind;     // of those that wait

    public Adam(IEnumerable<ParameterGroup> groups, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 0, bool amsgrad = false)
        : this(groups, rate, beta1, beta2, epsilon, decay, amsgrad, decoupled: false) { }

    public Adam(IEnumerable<Tensor> parameters, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 0, bool amsgrad = false)
        : this([new ParameterGroup(parameters)], rate, beta1, beta2, epsilon, decay, amsgrad) { }

    private protected Adam(IEnumerable<ParameterGroup> groups, double rate, double beta1, double beta2, double epsilon, double decay, bool amsgrad, bool decoupled)
        : base(groups, rate, decay, beta1) => (this.beta2, this.epsilon, this.amsgrad, this.decoupled) = (beta2, epsilon, amsgrad, decoupled);

    private protected override string[] StateNames => amsgrad ? ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] : ["exp_avg", "exp_avg_sq"];

    private protected override void Step(Tensor p, Tensor g, Slot slot, double rate, double decay)
    {
        Tensor m = slot.Remembered(0), v = slot.Remembered(1);
        if (!amsgrad)
        {
            var together = (p.Device, p.DType, rate, decay, slot.Steps);
            if (together != kind) Finish();
            kind = together;
            waiting.Add(new(p, g, m, v));
            return;
        }
        var largest = slot.Remembered(2);
        if (decoupled) p.CopyFrom(p * (1 - rate * decay));
        else g = Decayed(g, p, decay);
        Average(m, g, Momentum);
        Average(v, g * g, beta2);
        largest.CopyFrom(largest.Maximum(v));
        p.CopyFrom(p - rate / (1 - Math.Pow(Momentum, slot.Steps)) * m / ((largest / (1 - Math.Pow(beta2, slot.Steps))).Sqrt() + epsilon));
    }

    // A step of all that wait, at once. Whether it succeeds or not, none waits for it again.
    private protected override void Finish()
    {
        if (waiting.Count == 0) return;
        AdamTensors[] all = [.. waiting];
        waiting.Clear();
        kind.Device!.Adam(all, kind.Rate, Momentum, beta2, epsilon, kind.Decay, kind.Step, decoupled);
    }
}
