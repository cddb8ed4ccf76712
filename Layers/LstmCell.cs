namespace NanoAttention;

/// <summary>
/// One step of an LSTM (Hochreiter and Schmidhuber 1997) with its weights, as a decoder takes it:
/// <code>[i f g o] = W_ih x + b_ih + W_hh h + b_hh;  c′ = σ(f) c + σ(i) tanh(g);  h′ = σ(o) tanh(c′)</code>
/// Shapes: x (b, in), h and c (b, hidden) → h′ and c′ (b, hidden).
/// </summary>
public sealed class LstmCell(int inputs, int hidden, bool bias = true) : Module
{
    readonly Carried carried = new(), carriedInEval = new();

    /// <summary>(4 hidden, in)</summary>
    public Tensor WeightIh { get; } = Initialise.UniformFan(Initialise.Parameter([4 * hidden, inputs]), hidden);

    /// <summary>(4 hidden, hidden)</summary>
    public Tensor WeightHh { get; } = Initialise.UniformFan(Initialise.Parameter([4 * hidden, hidden]), hidden);

    public Tensor? BiasIh { get; } = bias ? Initialise.UniformFan(Initialise.Parameter([4 * hidden]), hidden) : null;

    public Tensor? BiasHh { get; } = bias ? Initialise.UniformFan(Initialise.Parameter([4 * hidden]), hidden) : null;

    /// <summary>The state starts at 0 where none is given. The one returned outlives its scope as an <see cref="Lstm"/>'s does.</summary>
    public (Tensor H, Tensor C) Forward(Tensor x, (Tensor H, Tensor C)? state = null)
    {
        var (h, c) = state ?? (Zeros(x), Zeros(x));
        var bias = BiasIh is null ? null : BiasIh + BiasHh!;
        var next = Tensor.LstmCell(h.Linear(WeightHh, x.Linear(WeightIh, bias)), c);  // gates (b, 4 hidden)
        (Training ? carried : carriedInEval).Hold(next.H, next.C);
        return next;
    }

    Tensor Zeros(Tensor x) => Tensor.Zeros([x.Shape[0], hidden], x.DType, x.Device);

    internal static Case[] Cases =>
    [
        Case.Of(() => new LstmCell(3, 4), (cell, x) => cell.Forward(x[0], (x[1], x[2])).H, [[2, 3], [2, 4], [2, 4]]) with
        {
            Timed = Case.Of(() => new LstmCell(128, 256), (cell, x) => cell.Forward(x[0], (x[1], x[2])).H, [[32, 128], [32, 256], [32, 256]]),
        },
        Case.Of(() => new LstmCell(3, 4, bias: false), (cell, x) => cell.Forward(x[0]).C, [[2, 3]]),
    ];
}
