namespace NanoAttention;

/// <summary>
/// Stochastic gradient descent with momentum (Sutskever et al. 2013), in PyTorch's form:
/// <code>g ← g + λp;  b ← μb + (1 − τ)g (b ← g at first);  p ← p − η(b, or g + μb with nesterov)</code>
/// </summary>
public sealed class Sgd(IEnumerable<ParameterGroup> groups, double rate, double momentum = 0, double dampening = 0, double decay = 0, bool nesterov = false) : Optimizer(groups, rate, decay, momentum)
{
    readonly bool moves = momentum != 0;

    public Sgd(IEnumerable<Tensor> parameters, double rate, double momentum = 0, double dampening = 0, double decay = 0, bool nesterov = false)
        : this([new ParameterGroup(parameters)], rate, momentum, dampening, decay, nesterov) { }

    private protected override string[] StateNames => moves ? ["momentum_buffer"] : [];

    private protected override void Step(Tensor p, Tensor g, Slot slot, double rate, double decay) =>
        p.Device.Sgd(p, g, moves ? slot.Remembered(0) : null, rate, Momentum, dampening, decay, nesterov, slot.Steps == 1);
}
