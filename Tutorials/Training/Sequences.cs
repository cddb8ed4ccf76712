namespace NanoAttention.Tutorials;

/// <summary>Batches of sequences for translators.</summary>
static class Sequences
{
    /// <summary>The mean cross entropy of the targets' tokens and end tokens, each predicted from those before it.</summary>
    public static Tensor Loss(Translator model, int[][] sources, int[][] targets)
    {
        var given = Padding.Batch([.. targets.Select(ids => (int[])[Translator.Begin, .. ids])]);
        var wanted = Padding.Batch([.. targets.Select(ids => (int[])[.. ids, Translator.End])]);
        return model.Forward(Padding.Batch(sources), Lengths(sources), given).Logits.CrossEntropy(wanted, ignoreIndex: Translator.Pad);
    }

    /// <summary>What the model makes of the sources.</summary>
    public static Translation[] Translate(Translator model, int[][] sources, int longest)
    {
        using var scope = Scope.Begin();
        return model.Translate(Padding.Batch(sources), Lengths(sources), longest);
    }

    static int[] Lengths(int[][] sequences) => Array.ConvertAll(sequences, ids => ids.Length);
}
