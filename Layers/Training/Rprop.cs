namespace NanoAttention;

/// <summary>
/// Resilient backpropagation (Riedmiller and Braun 1993), in PyTorch's form. Each number has a step size s of its own, at first the rate,
/// that grows while its gradient keeps its sign; where that changes, it shrinks and the number stays:
/// <code>s ← clamp(s η⁺ or s η⁻, low, high) by the sign of g g₋₁;  g ← 0 where that is negative;  p ← p − sign(g) s</code>
/// </summary>
public sealed class Rprop(IEnumerable<ParameterGroup> groups, double rate = 1e-2, double shrink = 0.5, double grow = 1.2, double low = 1e-6, double high = 50) : Optimizer(groups, rate, 0)
{
    public Rprop(IEnumerable<Tensor> parameters, double rate = 1e-2, double shrink = 0.5, double grow = 1.2, double low = 1e-6, double high = 50)
        : this([new ParameterGroup(parameters)], rate, shrink, grow, low, high) { }

    private protected override string[] StateNames => ["prev", "step_size"];

    private protected override void Step(Tensor p, Tensor g, Slot slot, double rate, double decay)
    {
        g = Decayed(g, p, decay);
        Tensor previous = slot.Remembered(0), size = slot.Remembered(1, rate);
        var agreement = g * previous;
        var turned = agreement < 0;
        size.CopyFrom(Tensor.Where(turned, shrink * size, Tensor.Where(agreement > 0, grow * size, size)).Clamp(low, high));
        g = g.MaskedFill(turned, 0);
        p.CopyFrom(p - g.Sign() * size);
        previous.CopyFrom(g);
    }
}
