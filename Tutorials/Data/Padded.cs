namespace NanoAttention.Tutorials;

/// <summary>Sequences of different lengths as one row-major matrix of ids (rows, columns), short rows filled up with the padding id.</summary>
/// <param name="Ids">rows × columns ids, row by row.</param>
/// <param name="Lengths">The number of ids of each row before its padding.</param>
public sealed record Padded(int[] Ids, int Rows, int Columns, int[] Lengths)
{
    /// <summary>Pads every sequence to the longest, or to <paramref name="columns"/> where that is given.</summary>
    /// <exception cref="ArgumentException">A sequence is longer than <paramref name="columns"/>.</exception>
    public static Padded Of(IReadOnlyList<int[]> sequences, int? columns = null)
    {
        int[] lengths = [.. sequences.Select(s => s.Length)];
        int longest = lengths.DefaultIfEmpty().Max(), width = columns ?? longest;
        if (longest > width) throw new ArgumentException($"Padded: sequence {Array.IndexOf(lengths, longest)} has {longest} ids, more than the {width} columns");
        int[] ids = new int[sequences.Count * width];
        Array.Fill(ids, Vocabulary.Pad);
        for (int row = 0; row < sequences.Count; row++) sequences[row].CopyTo(ids, row * width);
        return new(ids, sequences.Count, width, lengths);
    }
}
