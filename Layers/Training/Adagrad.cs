namespace NanoAttention;

/// <summary>
/// Adagrad (Duchi, Hazan and Singer 2011): <code>g ← g + λp;  s ← s + g²;  p ← p − η/(1 + (t − 1)κ) · g/(√s + ε)</code>
/// with κ the rate's decay; s begins at <c>initial</c>.
/// </summary>
public sealed class Adagrad(IEnumerable<ParameterGroup> groups, double rate = 1e-2, double rateDecay = 0, double decay = 0, double initial = 0, double epsilon = 1e-10) : Optimizer(groups, rate, decay)
{
    public Adagrad(IEnumerable<Tensor> parameters, double rate = 1e-2, double rateDecay = 0, double decay = 0, double initial = 0, double epsilon = 1e-10)
        : this([new ParameterGroup(parameters)], rate, rateDecay, decay, initial, epsilon) { }

    private protected override string[] StateNames => ["sum"];

    private protected override void Step(Tensor p, Tensor g, Slot slot, double rate, double decay)
    {
        g = Decayed(g, p, decay);
        var sum = slot.Remembered(0, initial);
        sum.CopyFrom(sum + g * g);
        p.CopyFrom(p - rate / (1 + (slot.Steps - 1) * rateDecay) * g / (sum.Sqrt() + epsilon));
    }
}
