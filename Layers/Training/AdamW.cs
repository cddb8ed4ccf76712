namespace NanoAttention;

/// <summary><see cref="Adam"/> with the weight decay apart from the gradient: p ← p − ηλp (Loshchilov and Hutter 2019).</summary>
public sealed class AdamW(IEnumerable<ParameterGroup> groups, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 1e-2) : Optimizer(groups, rate, decay)
{
    public AdamW(IEnumerable<Tensor> parameters, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 1e-2)
        : this([new ParameterGroup(parameters)], rate, beta1, beta2, epsilon, decay) { }

    private protected override string[] StateNames => ["exp_avg", "exp_avg_sq"];

    private protected override void Step(Tensor p, Tensor g, Slot slot, double rate, double decay) =>
        p.Device.Adam(p, g, slot.Remembered(0), slot.Remembered(1), rate, beta1, beta2, epsilon, decay, slot.Steps, decoupled: true);
}
