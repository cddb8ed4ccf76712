namespace NanoAttention;

/// <summary>
/// A recurrent network over whole sequences (Elman 1990; see <see cref="RnnCell"/>), of several layers, in one direction or both.
/// Shapes: x (b, t, in), or (t, b, in) without <c>batchFirst</c> → outputs (b, t, directions · hidden); state (layers · directions, b, hidden).
/// </summary>
/// <param name="dropout">The probability with which, in training, an output of a layer is dropped before the next.</param>
/// <param name="relu">max(0, ·) in the place of tanh.</param>
public sealed class Rnn(int inputs, int hidden, int layers = 1, bool bidirectional = false, bool batchFirst = true, bool bias = true, double dropout = 0, bool relu = false)
    : Recurrent(inputs, hidden, layers, bidirectional, batchFirst, bias, dropout, gates: 1, [hidden])
{
    /// <inheritdoc cref="Recurrent.Read"/>
    /// <param name="state">The first state, (layers · directions, b, hidden); 0 unless given.</param>
    public (Tensor Output, Tensor State) Forward(Tensor x, Tensor? state = null, int[]? lengths = null)
    {
        var (y, last) = Read(x, state is null ? null : [state], lengths);
        return (y, last[0]);
    }

    private protected override Tensor[] Step(Tensor input, Tensor[] states, Cell cell) => [RnnCell.Step(input, states[0], cell.Weight, relu)];

    private protected override Tensor Steps(Tensor x, Tensor[] states, Cell cell, bool backwards)
    {
        var y = Tensor.Rnn(x, cell.InputWeight, cell.Weight, cell.InputBias, states[0], relu, backwards);
        states[0] = y.Select(0, backwards ? 0 : -1);
        return y;
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new Rnn(3, 4), (rnn, x) => rnn.Forward(x[0]).Output, [[2, 5, 3]]) with
        {
            Timed = Case.Of(() => new Rnn(128, 256), (rnn, x) => rnn.Forward(x[0]).Output, [[32, 20, 128]]),
        },
        Case.Of(() => new Rnn(3, 2, layers: 2, bidirectional: true), (rnn, x) => rnn.Forward(x[0], x[1], [4, 2]).Output, [[2, 4, 3], [4, 2, 2]]),
        Case.Of(() => new Rnn(2, 3, layers: 2, batchFirst: false, bias: false, dropout: 0.4, relu: true), (rnn, x) => rnn.Forward(x[0]).State, [[3, 2, 2]]),
    ];
}
