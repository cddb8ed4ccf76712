namespace NanoAttention;

/// <summary>
/// RMSprop (Tieleman and Hinton 2012, lecture 6.5), in PyTorch's form:
/// <code>g ← g + λp;  v ← αv + (1 − α)g²;  u = g/(√v + ε);  p ← p − ηu, or with momentum b ← μb + u;  p ← p − ηb</code>
/// Centred, √(v − a²) stands in the place of √v, with a ← αa + (1 − α)g (Graves 2013).
/// </summary>
public sealed class RmsProp(IEnumerable<ParameterGroup> groups, double rate = 1e-2, double alpha = 0.99, double epsilon = 1e-8, double decay = 0, double momentum = 0, bool centered = false)
    : Optimizer(groups, rate, decay, momentum)
{
    readonly bool moves = momentum > 0;

    public RmsProp(IEnumerable<Tensor> parameters, double rate = 1e-2, double alpha = 0.99, double epsilon = 1e-8, double decay = 0, double momentum = 0, bool centered = false)
        : this([new ParameterGroup(parameters)], rate, alpha, epsilon, decay, momentum, centered) { }

    private protected override string[] StateNames => ["square_avg", .. (string[])(centered ? ["grad_avg"] : []), .. (string[])(moves ? ["momentum_buffer"] : [])];

    private protected override void Step(Tensor p, Tensor g, Slot slot, double rate, double decay)
    {
        g = Decayed(g, p, decay);
        var square = slot.Remembered(0);
        Average(square, g * g, alpha);
        var spread = square;
        if (centered)
        {
            var mean = slot.Remembered(1);
            Average(mean, g, alpha);
            spread = square - mean * mean;
        }
        var step = g / (spread.Sqrt() + epsilon);
        if (moves)
        {
            var buffer = slot.Remembered(centered ? 2 : 1);
            buffer.CopyFrom(Momentum * buffer + step);
            step = buffer;
        }
        p.CopyFrom(p - rate * step);
    }
}
