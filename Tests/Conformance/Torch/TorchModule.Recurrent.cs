using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public sealed partial class TorchModule
{
    static (string Signature, Func<Arguments, TorchModule> Make)[] Recurrents =>
    [
        ("RNN(input_size, hidden_size, num_layers=1, nonlinearity='tanh', bias=True, batch_first=False, dropout=0, bidirectional=False)", Rnn),
        ("GRU(input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0, bidirectional=False)", Gru),
        ("LSTM(input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0, bidirectional=False, proj_size=0)", Lstm),
        ("RNNCell(input_size, hidden_size, bias=True, nonlinearity='tanh')", RnnCell),
        ("GRUCell(input_size, hidden_size, bias=True)", GruCell),
        ("LSTMCell(input_size, hidden_size, bias=True)", LstmCell),
    ];

    static TorchModule Rnn(Arguments a)
    {
        var rnn = new Rnn(a.Int("input_size"), a.Int("hidden_size"), a.Int("num_layers"), a.Bool("bidirectional"), a.Bool("batch_first"), a.Bool("bias"),
            a.Float("dropout"), a.Text("nonlinearity") == "relu");
        return Sequences(rnn, a.Bool("batch_first"), (x, states, lengths) =>
        {
            var (y, h) = rnn.Forward(x, states?[0], lengths);
            return (y, [h]);
        });
    }

    static TorchModule Gru(Arguments a)
    {
        var gru = new Gru(a.Int("input_size"), a.Int("hidden_size"), a.Int("num_layers"), a.Bool("bidirectional"), a.Bool("batch_first"), a.Bool("bias"), a.Float("dropout"));
        return Sequences(gru, a.Bool("batch_first"), (x, states, lengths) =>
        {
            var (y, h) = gru.Forward(x, states?[0], lengths);
            return (y, [h]);
        });
    }

    static TorchModule Lstm(Arguments a)
    {
        int size = a.Int("proj_size");
        var lstm = new Lstm(a.Int("input_size"), a.Int("hidden_size"), a.Int("num_layers"), a.Bool("bidirectional"), a.Bool("batch_first"), a.Bool("bias"),
            a.Float("dropout"), size > 0 ? size : null);
        return Sequences(lstm, a.Bool("batch_first"), (x, states, lengths) =>
        {
            var (y, (h, c)) = lstm.Forward(x, states is null ? null : (states[0], states[1]), lengths);
            return (y, [h, c]);
        });
    }

    static TorchModule RnnCell(Arguments a)
    {
        var cell = new RnnCell(a.Int("input_size"), a.Int("hidden_size"), a.Bool("bias"), a.Text("nonlinearity") == "relu");
        return Steps(cell, (x, states) => [cell.Forward(x, states?[0])]);
    }

    static TorchModule GruCell(Arguments a)
    {
        var cell = new GruCell(a.Int("input_size"), a.Int("hidden_size"), a.Bool("bias"));
        return Steps(cell, (x, states) => [cell.Forward(x, states?[0])]);
    }

    static TorchModule LstmCell(Arguments a)
    {
        var cell = new LstmCell(a.Int("input_size"), a.Int("hidden_size"), a.Bool("bias"));
        return Steps(cell, (x, states) =>
        {
            var (h, c) = cell.Forward(x, states is null ? null : (states[0], states[1]));
            return [h, c];
        });
    }

    /// <summary>Sequences in a batch, or one without the batch axis: the output, and the last state or states.</summary>
    static TorchModule Sequences(Module layer, bool batchFirst, Func<Tensor, Tensor[]?, int[]?, (Tensor Output, Tensor[] States)> read)
    {
        int batch = batchFirst ? 0 : 1;
        return new(layer, "forward(input, hx=None, lengths=None)", call =>
        {
            var (x, states) = (call.Input(), call.States("hx"));
            bool alone = x.Rank == 2;
            var (y, last) = alone ? read(x.Unsqueeze(batch), states?.Select(s => s.Unsqueeze(1)).ToArray(), null) : read(x, states, call.IntsOrNone("lengths"));
            return alone ? new object?[] { y.Squeeze(batch), Nested([.. last.Select(s => s.Squeeze(1))]) } : [y, Nested(last)];
        });
    }

    /// <summary>A step of a batch, or of one without the batch axis: the state or states.</summary>
    static TorchModule Steps(Module cell, Func<Tensor, Tensor[]?, Tensor[]> step) => new(cell, "forward(input, hx=None)", call =>
    {
        var (x, states) = (call.Input(), call.States("hx"));
        return Nested(x.Rank == 2 ? step(x, states) : [.. step(x.Unsqueeze(0), states?.Select(s => s.Unsqueeze(0)).ToArray()).Select(s => s.Squeeze(0))]);
    });

    static object Nested(Tensor[] states) => states is [var only] ? only : states;
}
