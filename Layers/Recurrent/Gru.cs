namespace NanoAttention;

/// <summary>
/// A GRU over whole sequences (Cho et al. 2014; see <see cref="GruCell"/>), of several layers, in one direction or both.
/// Shapes: x (b, t, in), or (t, b, in) without <c>batchFirst</c> → outputs (b, t, directions · hidden); state (layers · directions, b, hidden).
/// </summary>
/// <param name="dropout">The probability with which, in training, an output of a layer is dropped before the next.</param>
public sealed class Gru(int inputs, int hidden, int layers = 1, bool bidirectional = false, bool batchFirst = true, bool bias = true, double dropout = 0)
    : Recurrent(inputs, hidden, layers, bidirectional, batchFirst, bias, dropout, gates: 3, [hidden])
{
    /// <inheritdoc cref="Recurrent.Read"/>
    /// <param name="state">The first state, (layers · directions, b, hidden); 0 unless given.</param>
    public (Tensor Output, Tensor State) Forward(Tensor x, Tensor? state = null, int[]? lengths = null)
    {
        var (y, last) = Read(x, state is null ? null : [state], lengths);
        return (y, last[0]);
    }

    private protected override Tensor[] Step(Tensor input, Tensor[] states, Cell cell) => [Tensor.GruCell(input, states[0], cell.Weight, cell.Bias)];

    private protected override Tensor Steps(Tensor x, Tensor[] states, Cell cell, bool backwards)
    {
        var y = Tensor.Gru(x, cell.InputWeight, cell.Weight, cell.InputBias, cell.Bias, states[0], backwards);
        states[0] = y.Select(0, backwards ? 0 : -1);
        return y;
    }

    /// <summary>The other bias stays with its product, which the gate r multiplies.</summary>
    private protected override Tensor InputBias(Tensor ih, Tensor hh) => ih;

    internal static Case[] Cases =>
    [
        Case.Of(() => new Gru(3, 4), (gru, x) => gru.Forward(x[0]).Output, [[2, 5, 3]]) with
        {
            Timed = Case.Of(() => new Gru(128, 256), (gru, x) => gru.Forward(x[0]).Output, [[32, 20, 128]]),
        },
        Case.Of(() => new Gru(3, 2, layers: 2, bidirectional: true), (gru, x) => gru.Forward(x[0], x[1], [4, 2]).Output, [[2, 4, 3], [4, 2, 2]]),
        Case.Of(() => new Gru(2, 3, layers: 2, batchFirst: false, bias: false, dropout: 0.4), (gru, x) => gru.Forward(x[0]).State, [[3, 2, 2]]),
    ];
}
