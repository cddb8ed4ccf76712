namespace NanoAttention;

/// <summary>
/// A language model that reads one symbol after another and predicts the next (Mikolov et al. 2010; with LSTMs Graves 2013):
/// <code>logits = head(LSTM(embedding(ids)))</code>
/// What it has read lies in its state alone, which the next block of a text can go on from (truncated backpropagation through time).
/// </summary>
public sealed class CharLstm(int vocabulary, int embedding, int hidden, int layers = 1, double dropout = 0) : Module
{
    public Embedding Embedding { get; } = new(vocabulary, embedding);
    public Lstm Lstm { get; } = new(embedding, hidden, layers, dropout: dropout);
    public Linear Head { get; } = new(hidden, vocabulary);

    /// <summary>ids (b, t) I32 → the scores of the next symbols (b, t, vocabulary), and the last states (layers, b, hidden).</summary>
    /// <param name="state">Where the block before ended, detached; 0 unless given.</param>
    public (Tensor Logits, (Tensor H, Tensor C) State) Forward(Tensor ids, (Tensor H, Tensor C)? state = null)
    {
        var (y, last) = Lstm.Forward(Embedding.Forward(ids), state);                            // (b, t, hidden)
        return (Head.Forward(y), last);
    }

    /// <summary>The mean cross entropy of the symbols that follow, targets (b, t) I32.</summary>
    public Tensor Loss(Tensor ids, Tensor targets, (Tensor H, Tensor C)? state = null) => Forward(ids, state).Logits.CrossEntropy(targets);

    /// <summary>The symbols that a prompt goes on with, drawn as <see cref="Sampling.Draw"/> does.</summary>
    public int[] Generate(IReadOnlyList<int> prompt, int count, double temperature = 1, int? topK = null)
    {
        if (prompt.Count == 0) throw new ArgumentException("CharLstm.Generate: the prompt is empty; it must hold at least one id");
        if (temperature < 0 || topK < 1) throw new ArgumentException($"CharLstm.Generate: temperature {temperature} must not be negative and top-k {topK} must be positive");
        using var _ = Reverse.NoGrad();
        int[] read = [.. prompt], written = new int[count];
        (Tensor H, Tensor C)? state = null;
        for (int i = 0; i < count; i++)
        {
            using var step = Scope.Begin();
            var (logits, next) = Forward(Tensor.From(read, [1, read.Length], Head.Weight.Device), state);
            state = next;
            written[i] = Sampling.Draw(logits[0, ^1].ToDoubles(), temperature, topK);
            read = [written[i]];
        }
        return written;
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new CharLstm(5, 3, 4, layers: 2), (model, x) => model.Loss(x[0], x[1], (x[2], x[3])), [Input.Indices(5, [2, 3]), Input.Indices(5, [2, 3]), [2, 2, 4], [2, 2, 4]]) with
        {
            Timed = Case.Of(() => new CharLstm(65, 64, 256, layers: 2), (model, x) => model.Loss(x[0], x[1]), [Input.Indices(65, [32, 64]), Input.Indices(65, [32, 64])]),
        },
    ];
}
