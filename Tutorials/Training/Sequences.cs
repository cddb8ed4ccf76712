namespace NanoAttention.Tutorials;

/// <summary>Batches of sequences for translators.</summary>
static class Sequences
{
    /// <summary>The mean cross entropy of the targets' tokens and end tokens, each predicted from those before it.</summary>
    public static Tensor Loss(Translator model, int[][] sources, int[][] targets)
    {
        var from = Padded.Of(sources);
        var given = Padded.Of([.. targets.Select(ids => (int[])[Vocabulary.Bos, .. ids])]);
        var wanted = Padded.Of([.. targets.Select(ids => (int[])[.. ids, Vocabulary.Eos])]);
        return model.Forward(Ids(from), from.Lengths, Ids(given)).Logits.CrossEntropy(Ids(wanted), ignoreIndex: Vocabulary.Pad);
    }

    /// <summary>What the model makes of the sources.</summary>
    public static Translation[] Translate(Translator model, int[][] sources, int longest)
    {
        using var scope = Scope.Begin();
        var from = Padded.Of(sources);
        return model.Translate(Ids(from), from.Lengths, longest);
    }

    static Tensor Ids(Padded p) => Tensor.From(p.Ids, [p.Rows, p.Columns]);
}
