namespace NanoAttention;

/// <summary>
/// One step of a gated recurrent unit (Cho et al. 2014) with its weights, in PyTorch's form, whose gate r is applied behind the product:
/// <code>
/// r = σ(W_ir x + b_ir + W_hr h + b_hr),  z = σ(W_iz x + b_iz + W_hz h + b_hz)
/// n = tanh(W_in x + b_in + r (W_hn h + b_hn)),  h′ = (1 − z) n + z h
/// </code>
/// The rows of the weights are those of r, z and n. Shapes: x (b, in), h (b, hidden) → h′ (b, hidden).
/// </summary>
public sealed class GruCell(int inputs, int hidden, bool bias = true) : RecurrentCell(inputs, hidden, bias, gates: 3)
{
    /// <summary>The state starts at 0 where none is given. The one returned outlives its scope as a <see cref="Gru"/>'s does.</summary>
    public Tensor Forward(Tensor x, Tensor? state = null)
    {
        var first = Begin(x, 1, state is null ? null : [state])[0];
        var h = Tensor.GruCell(x.Linear(WeightIh, BiasIh), first, WeightHh, BiasHh);
        Hold(h);
        return h;
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new GruCell(3, 4), (cell, x) => cell.Forward(x[0], x[1]), [[2, 3], [2, 4]]) with
        {
            Timed = Case.Of(() => new GruCell(128, 256), (cell, x) => cell.Forward(x[0], x[1]), [[32, 128], [32, 256]]),
        },
        Case.Of(() => new GruCell(3, 4, bias: false), (cell, x) => cell.Forward(x[0]), [[2, 3]]),
    ];
}
