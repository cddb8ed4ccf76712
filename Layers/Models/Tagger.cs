namespace NanoAttention;

/// <summary>
/// A tag for every word of a sentence, from an LSTM that reads it in both directions (Huang, Xu and Yu 2015, without their CRF):
/// <code>logits = classifier(BiLSTM(embedding(ids)))</code>
/// Class 0 of the words is padding.
/// </summary>
public sealed class Tagger(int vocabulary, int embedding, int hidden, int tags, double dropout = 0) : Module
{
    public Embedding Embedding { get; } = new(vocabulary, embedding, padding: 0);
    public Lstm Lstm { get; } = new(embedding, hidden, bidirectional: true);
    public Linear Classifier { get; } = new(2 * hidden, tags);
    public Dropout Dropout { get; } = new(dropout);

    /// <summary>ids (b, t) I32, of which lengths[i] in row i are words → the scores of their tags, (b, t, tags).</summary>
    public Tensor Forward(Tensor ids, int[] lengths)
    {
        var words = Dropout.Forward(Embedding.Forward(ids));                                    // (b, t, e)
        return Classifier.Forward(Dropout.Forward(Lstm.Forward(words, lengths: lengths).Output));
    }

    /// <summary>The mean cross entropy of the words' tags, (b, t) I32; −100 is left out, as it must stand behind a sentence.</summary>
    public Tensor Loss(Tensor ids, int[] lengths, Tensor tags) => Forward(ids, lengths).CrossEntropy(tags);

    /// <summary>The likeliest tag of every word, a row a sentence.</summary>
    public int[][] Tag(Tensor ids, int[] lengths)
    {
        using var _ = Reverse.NoGrad();
        int[] best = Forward(ids, lengths).ArgMax().ToArray<int>();
        return [.. lengths.Select((n, i) => best[(i * ids.Shape[1])..(i * ids.Shape[1] + n)])];
    }

    // Words from 1: padding is looked up but has no gradient by convention.
    internal static Case[] Cases =>
    [
        Case.Of(() => new Tagger(6, 3, 2, 4), (model, x) => model.Loss(x[0], [4, 2], x[1]), [Input.Indices(6, [2, 4]) with { Low = 1 }, Input.Indices(4, [2, 4])]) with
        {
            Timed = Case.Of(() => new Tagger(10_000, 100, 128, 9), (model, x) => model.Loss(x[0], [.. Enumerable.Repeat(32, 32)], x[1]),
                [Input.Indices(10_000, [32, 32]), Input.Indices(9, [32, 32])]),
        },
    ];
}
