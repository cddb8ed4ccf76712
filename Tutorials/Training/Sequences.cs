using System.Runtime.InteropServices;

namespace NanoAttention.Tutorials;

/// <summary>Batches of sequences for translators.</summary>
static class Sequences
{
    /// <summary>The mean cross entropy of the targets' tokens and end tokens, each predicted from those before it.</summary>
    public static Tensor Loss(Translator model, int[][] sources, int[][] targets)
    {
        var given = Padding.Batch([.. targets.Select(ids => (int[])[Translator.Begin, .. ids])]);
        var wanted = Padding.Batch([.. targets.Select(ids => (int[])[.. ids, Translator.End])]);
        return model.Forward(Padding.Batch(sources), Lengths(sources), given).CrossEntropy(wanted, ignoreIndex: Translator.Pad);
    }

    /// <summary>What the model makes of the sources.</summary>
    public static Translation[] Translate(Translator model, int[][] sources, int longest)
    {
        using var scope = Scope.Begin();
        return model.Translate(Padding.Batch(sources), Lengths(sources), longest);
    }

    /// <summary>
    /// Adds to a page where the model looked at <paramref name="source"/> while it wrote: a row for each symbol written, special ones
    /// too. Where nothing was written, or the model does not look, a line of text stands there.
    /// </summary>
    public static void Show(Page page, IReadOnlyList<string> source, Translation written, Vocabulary letters, string separator)
    {
        string[] output = [.. written.Symbols.Select(symbol => letters.Tokens[symbol])];
        string heading = $"{string.Join(separator, source)} → {string.Join(separator, letters.Decode(written.Symbols))}";
        if (written.Attention is not { Length: > 0 } weights) page.Paragraph(heading);
        else page.Attention(heading, source, output, MemoryMarshal.CreateReadOnlySpan(ref weights[0, 0], weights.Length));
    }

    static int[] Lengths(int[][] sequences) => Array.ConvertAll(sequences, ids => ids.Length);
}
