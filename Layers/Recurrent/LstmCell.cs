namespace NanoAttention;

/// <summary>
/// One step of an LSTM (Hochreiter and Schmidhuber 1997) with its weights, as a decoder takes it:
/// <code>[i f g o] = W_ih x + b_ih + W_hh h + b_hh;  c′ = σ(f) c + σ(i) tanh(g);  h′ = σ(o) tanh(c′)</code>
/// Shapes: x (b, in), h and c (b, hidden) → h′ and c′ (b, hidden).
/// </summary>
public sealed class LstmCell(int inputs, int hidden, bool bias = true) : RecurrentCell(inputs, hidden, bias, gates: 4)
{
    /// <summary>The state starts at 0 where none is given. The one returned outlives its scope as an <see cref="Lstm"/>'s does.</summary>
    public (Tensor H, Tensor C) Forward(Tensor x, (Tensor H, Tensor C)? state = null)
    {
        var states = Begin(x, 2, state is { } given ? [given.H, given.C] : null);
        var next = Tensor.LstmCell(states[0].Linear(WeightHh, FromInput(x)), states[1]);     // gates (b, 4 hidden)
        Hold(next.H, next.C);
        return next;
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new LstmCell(3, 4), (cell, x) => cell.Forward(x[0], (x[1], x[2])).H, [[2, 3], [2, 4], [2, 4]]) with
        {
            Timed = Case.Of(() => new LstmCell(128, 256), (cell, x) => cell.Forward(x[0], (x[1], x[2])).H, [[32, 128], [32, 256], [32, 256]]),
        },
        Case.Of(() => new LstmCell(3, 4, bias: false), (cell, x) => cell.Forward(x[0]).C, [[2, 3]]),
    ];
}
