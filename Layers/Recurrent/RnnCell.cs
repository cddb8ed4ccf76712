namespace NanoAttention;

/// <summary>
/// One step of a recurrent network (Elman 1990) with its weights:
/// <code>h′ = tanh(W_ih x + b_ih + W_hh h + b_hh)</code>
/// Shapes: x (b, in), h (b, hidden) → h′ (b, hidden).
/// </summary>
/// <param name="relu">max(0, ·) in the place of tanh.</param>
public sealed class RnnCell(int inputs, int hidden, bool bias = true, bool relu = false) : RecurrentCell(inputs, hidden, bias, gates: 1)
{
    /// <summary>The state starts at 0 where none is given. The one returned outlives its scope as an <see cref="Rnn"/>'s does.</summary>
    public Tensor Forward(Tensor x, Tensor? state = null)
    {
        var first = Begin(x, 1, state is null ? null : [state])[0];
        var h = Step(FromInput(x), first, WeightHh, relu);
        Hold(h);
        return h;
    }

    /// <summary>What comes from the input has both biases in it.</summary>
    internal static Tensor Step(Tensor input, Tensor h, Tensor weight, bool relu) =>
        h.Linear(weight, input, relu ? Activation.Relu : Activation.Tanh);

    internal static Case[] Cases =>
    [
        Case.Of(() => new RnnCell(3, 4), (cell, x) => cell.Forward(x[0], x[1]), [[2, 3], [2, 4]]) with
        {
            Timed = Case.Of(() => new RnnCell(128, 256), (cell, x) => cell.Forward(x[0], x[1]), [[32, 128], [32, 256]]),
        },
        Case.Of(() => new RnnCell(3, 4, bias: false, relu: true), (cell, x) => cell.Forward(x[0]), [[2, 3]]),
    ];
}
