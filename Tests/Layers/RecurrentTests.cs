using Xunit;

namespace NanoAttention.Tests.Layers;

/// <summary>Recurrent layers: sequences of unequal lengths, states that are carried on, and the cells they are made of.</summary>
public class RecurrentTests
{
    [Fact]
    public void LengthsAreAsGoodAsShorterSequences()
    {
        using var _ = Defaults.With(seed: 9);
        var lstm = new Lstm(3, 4, layers: 2, bidirectional: true);
        var x = Tensor.Normal([2, 6, 3]);
        var (together, (h, c)) = lstm.Forward(x, lengths: [6, 4]);
        var (alone, (h1, c1)) = lstm.Forward(x[1.., ..4]);
        Same(alone, together[1.., ..4]);
        Assert.All(together[1, 4..].ToArray<float>(), y => Assert.Equal(0, y));
        Same(h1, h[.., 1..]);
        Same(c1, c[.., 1..]);
    }

    // A sequence read in two pieces, the second from where the first ended, is the sequence read whole; so is one of cells.
    [Fact]
    public void StatesAreCarriedOn()
    {
        using var _ = Defaults.With(seed: 9);
        var x = Tensor.Normal([2, 6, 3]);
        var gru = new Gru(3, 4, layers: 2);
        var (whole, end) = gru.Forward(x);
        var (first, middle) = gru.Forward(x[.., ..2]);
        var (second, last) = gru.Forward(x[.., 2..], middle);
        Same(whole, Tensor.Concat([first, second], 1));
        Same(end, last);

        var rnn = new Rnn(3, 4, relu: true);
        var cell = new RnnCell(3, 4, relu: true);
        cell.Load(rnn.StateDict().ToDictionary(w => w.Key[..^3], w => w.Value));
        Tensor? h = null;
        foreach (var step in x.Unbind(1)) h = cell.Forward(step, h);
        Same(rnn.Forward(x).State[0], h!);
    }

    // A GRU and an RNN in a scope a step: as for an LSTM, the state survives the scope.
    [Fact]
    public void StatesOutliveTheirScope()
    {
        using var _ = Defaults.With(seed: 9);
        var x = Tensor.Normal([2, 1, 3]);
        var (gru, cell) = (new Gru(3, 4), new GruCell(3, 4));
        Tensor? state = null, h = null;
        for (int i = 0; i < 3; i++)
            using (Scope.Begin()) (state, h) = (gru.Forward(x, state).State.Detach(), cell.Forward(x[.., 0], h).Detach());
        Assert.Equal([1, 2, 4], state!.Shape);
        Assert.All(state.ToArray<float>().Concat(h!.ToArray<float>()), y => Assert.InRange(y, -1, 1));
    }

    static void Same(Tensor x, Tensor y) => Assert.All(x.ToArray<float>().Zip(y.ToArray<float>()), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
}
