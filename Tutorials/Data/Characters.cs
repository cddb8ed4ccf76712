using System.Text;

namespace NanoAttention.Tutorials;

/// <summary>A stretch of text and the same shifted by one: target i is the character after input i.</summary>
public readonly record struct Block(ReadOnlyMemory<int> Inputs, ReadOnlyMemory<int> Targets);

/// <summary>
/// Character-level text for a language model: the first 90 % is for training, the rest for validation, as in
/// nanoGPT's data/shakespeare_char/prepare.py.
/// </summary>
public sealed class Characters
{
    readonly int[] ids;

    public Characters(string text)
    {
        if (text.Length == 0) throw new ArgumentException("Characters: the text is empty");
        Vocabulary = Vocabulary.OfText(text);
        ids = Vocabulary.Encode(text);
        int cut = (int)(ids.Length * 0.9);
        (Train, Validation) = (ids.AsMemory(0, cut), ids.AsMemory(cut));
    }

    /// <summary>The distinct characters by code point.</summary>
    public Vocabulary Vocabulary { get; }

    public ReadOnlyMemory<int> Train { get; }

    public ReadOnlyMemory<int> Validation { get; }

    /// <summary>Reads a UTF-8 file; a byte order mark is left out.</summary>
    /// <exception cref="InvalidDataException">The file is empty, or is not UTF-8.</exception>
    public static Characters Load(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        ReadOnlySpan<byte> text = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes;
        if (text.IsEmpty) throw new InvalidDataException($"{path}: the file is empty");
        try
        {
            return new(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text));
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{path}: not UTF-8 text, byte {e.Index} does not fit", e);
        }
    }

    /// <summary>
    /// Fills <paramref name="inputs"/> and <paramref name="targets"/>, both (rows, block), with stretches that begin anywhere in a split
    /// with equal probability.
    /// </summary>
    /// <param name="below">An integer of 0 … n − 1 for n.</param>
    /// <exception cref="ArgumentException">
    /// The split is not longer than a block, or the spans are not of the same whole number of blocks.
    /// </exception>
    public static void RandomBatch(ReadOnlySpan<int> split, int block, Func<int, int> below, Span<int> inputs, Span<int> targets)
    {
        if (block < 1 || split.Length <= block)
            throw new ArgumentException(
                $"RandomBatch: blocks of {block} need a split of at least {block + 1} characters; it has {split.Length}");
        if (inputs.Length != targets.Length || inputs.Length % block != 0)
            throw new ArgumentException($"RandomBatch: {inputs.Length} inputs and {targets.Length} targets; both should be the same "
                + $"multiple of the block, {block}");
        for (int row = 0; row < inputs.Length; row += block)
        {
            int start = below(split.Length - block);
            split.Slice(start, block).CopyTo(inputs[row..]);
            split.Slice(start + 1, block).CopyTo(targets[row..]);
        }
    }

    /// <summary>
    /// The whole split in consecutive blocks, the last one shorter where the length wants it: every character but the
    /// first is a target exactly once.
    /// </summary>
    public static IEnumerable<Block> Blocks(ReadOnlyMemory<int> split, int block)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(block);
        for (int start = 0; start < split.Length - 1; start += block)
        {
            int length = Math.Min(block, split.Length - 1 - start);
            yield return new(split.Slice(start, length), split.Slice(start + 1, length));
        }
    }
}
