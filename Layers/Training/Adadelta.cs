namespace NanoAttention;

/// <summary>
/// Adadelta (Zeiler 2012): <code>g ← g + λp;  v ← ρv + (1 − ρ)g²;  d = g √(u + ε)/√(v + ε);  u ← ρu + (1 − ρ)d²;  p ← p − ηd</code>
/// </summary>
public sealed class Adadelta(IEnumerable<ParameterGroup> groups, double rate = 1, double rho = 0.9, double epsilon = 1e-6, double decay = 0) : Optimizer(groups, rate, decay)
{
    public Adadelta(IEnumerable<Tensor> parameters, double rate = 1, double rho = 0.9, double epsilon = 1e-6, double decay = 0)
        : this([new ParameterGroup(parameters)], rate, rho, epsilon, decay) { }

    private protected override string[] StateNames => ["square_avg", "acc_delta"];

    private protected override void Step(Tensor p, Tensor g, Slot slot, double rate, double decay)
    {
        g = Decayed(g, p, decay);
        Tensor square = slot.Remembered(0), moved = slot.Remembered(1);
        Average(square, g * g, rho);
        var delta = (moved + epsilon).Sqrt() / (square + epsilon).Sqrt() * g;
        Average(moved, delta * delta, rho);
        p.CopyFrom(p - rate * delta);
    }
}
