using System.IO.Compression;
using System.Text;

namespace NanoAttention.Tutorials;

/// <summary>A sentence and its translation, as the file has them.</summary>
public readonly record struct SentencePair(string Source, string Target);

/// <summary>Pairs for training and pairs held out; no source sentence is on both sides.</summary>
public sealed record SentenceSplit(SentencePair[] Train, SentencePair[] HeldOut);

/// <summary>Sentence pairs of a tab-separated file: a line holds the source, the target, and columns that are not read.</summary>
public static class SentencePairs
{
    /// <summary>
    /// Reads a UTF-8 file of pairs, plain or compressed with gzip (told by its first two bytes, not its name). Empty lines are left out.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// A line has no tab or an empty side, the text is not UTF-8, or there is no pair; the message names the line.
    /// </exception>
    public static SentencePair[] Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        bool compressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        using Stream content = compressed ? new GZipStream(file, CompressionMode.Decompress) : file;
        int number = 0;
        try
        {
            return Read(content, ref number);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}, line {number}: {e.Message}", e);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{path}, after line {number}: not UTF-8 text", e);
        }
    }

    static SentencePair[] Read(Stream content, ref int number)
    {
        using var reader = new StreamReader(content, new UTF8Encoding(false, throwOnInvalidBytes: true));
        List<SentencePair> pairs = [];
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (line.Length > 0) pairs.Add(Parse(line) ?? throw new InvalidDataException($"should be SOURCE, a tab, TARGET; is '{Shorten(line)}'"));
        }
        return pairs.Count > 0 ? [.. pairs] : throw new InvalidDataException("no sentence pair is in the file");
    }

    /// <summary>The pairs whose sides have at most so many words (<see cref="Words.Split"/>) each.</summary>
    public static SentencePair[] NoLongerThan(IEnumerable<SentencePair> pairs, int words) =>
        [.. pairs.Where(p => Words.Split(p.Source).Length <= words && Words.Split(p.Target).Length <= words)];

    /// <summary>
    /// Holds out a fraction of the distinct source sentences with all their translations. Sources count as equal when
    /// their words do (<c>Run!</c> and <c>run !</c>), so that nothing held out was seen in training.
    /// </summary>
    public static SentenceSplit Split(IEnumerable<SentencePair> pairs, double heldOutFraction, ulong seed)
    {
        if (heldOutFraction is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(heldOutFraction), $"Split: a fraction of {heldOutFraction}; should be 0 to 1");
        IGrouping<string, SentencePair>[] sources = [.. pairs.GroupBy(p => string.Join(' ', Words.Split(p.Source)))];
        int heldOut = (int)Math.Round(sources.Length * heldOutFraction);
        int[] order = CounterHash.Permutation(sources.Length, seed, stream: 0);
        return new([.. order[heldOut..].SelectMany(i => sources[i])], [.. order[..heldOut].SelectMany(i => sources[i])]);
    }

    static SentencePair? Parse(string line)
    {
        string[] columns = line.Split('\t');
        return columns.Length >= 2 && columns[0].Trim().Length > 0 && columns[1].Trim().Length > 0
            ? new(columns[0].Trim(), columns[1].Trim()) : null;
    }

    static string Shorten(string line) => line.Length <= 60 ? line : line[..60] + "…";
}
