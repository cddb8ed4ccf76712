namespace NanoAttention;

/// <summary>
/// An LSTM over whole sequences (Hochreiter and Schmidhuber 1997; see <see cref="LstmCell"/>), of several layers, in one direction or both.
/// With a projection what a step puts out is h = W_hr (σ(o) tanh(c)), of that size (Sak, Senior and Beaufays 2014).
/// Shapes: x (b, t, in), or (t, b, in) without <c>batchFirst</c> → outputs (b, t, directions · hidden); states (layers · directions, b, hidden).
/// </summary>
/// <param name="dropout">The probability with which, in training, an output of a layer is dropped before the next.</param>
/// <param name="projection">The size of h, hidden unless given; c keeps the hidden size.</param>
public sealed class Lstm(int inputs, int hidden, int layers = 1, bool bidirectional = false, bool batchFirst = true, bool bias = true, double dropout = 0, int? projection = null)
    : Recurrent(inputs, hidden, layers, bidirectional, batchFirst, bias, dropout, gates: 4, [projection ?? hidden, hidden], projection)
{
    /// <inheritdoc cref="Recurrent.Read"/>
    /// <param name="state">The first states, (layers · directions, b, hidden) each; 0 unless given.</param>
    public (Tensor Output, (Tensor H, Tensor C) State) Forward(Tensor x, (Tensor H, Tensor C)? state = null, int[]? lengths = null)
    {
        var (y, last) = Read(x, state is { } given ? [given.H, given.C] : null, lengths);
        return (y, (last[0], last[1]));
    }

    private protected override Tensor[] Step(Tensor input, Tensor[] states, Cell cell)
    {
        var (h, c) = Tensor.LstmCell(states[0].Linear(cell.Weight, input), states[1]);
        return [cell.Projection is null ? h : h.Linear(cell.Projection), c];
    }

    private protected override Tensor? Steps(Tensor x, Tensor[] states, Cell cell, bool backwards)
    {
        if (cell.Projection is not null) return null;
        (var y, states[1]) = Tensor.Lstm(x, cell.InputWeight, cell.Weight, cell.InputBias, states[0], states[1], backwards);
        states[0] = y.Select(0, backwards ? 0 : -1);
        return y;
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new Lstm(3, 4), (lstm, x) => lstm.Forward(x[0]).Output, [[2, 5, 3]]) with
        {
            Timed = Case.Of(() => new Lstm(128, 256), (lstm, x) => lstm.Forward(x[0]).Output, [[32, 20, 128]]),
        },
        Case.Of(() => new Lstm(3, 2, layers: 2, bidirectional: true), (lstm, x) => lstm.Forward(x[0], lengths: [4, 2]).Output, [[2, 4, 3]]),
        Case.Of(() => new Lstm(2, 3, batchFirst: false, bias: false), (lstm, x) => lstm.Forward(x[0], (x[1], x[2])).State.C, [[3, 2, 2], [1, 2, 3], [1, 2, 3]]),
        Case.Of(() => new Lstm(2, 3, layers: 2, dropout: 0.4), (lstm, x) => lstm.Forward(x[0]).State.H, [[2, 3, 2]]),
        Case.Of(() => new Lstm(2, 3, layers: 2, bidirectional: true, projection: 2), (lstm, x) => lstm.Forward(x[0], (x[1], x[2]), [1, 3]).Output,
            [[2, 3, 2], [4, 2, 2], [4, 2, 3]]),
    ];
}
