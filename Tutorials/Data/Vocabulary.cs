using System.Text;

namespace NanoAttention.Tutorials;

/// <summary>
/// Numbers for tokens, the id being the place in <see cref="Tokens"/>. A token is a character (a Unicode scalar value)
/// or a word. Vocabularies of sequences to pad begin with <c>&lt;pad&gt; &lt;bos&gt; &lt;eos&gt;</c>, the symbols 0, 1 and 2 of a
/// <see cref="Translator"/>; word vocabularies have <c>&lt;unk&gt;</c> after these.
/// </summary>
public sealed class Vocabulary
{
    /// <summary>The id of <c>&lt;unk&gt;</c> in vocabularies that have it.</summary>
    public const int Unknown = Translator.End + 1;

    static readonly string[] Specials = ["<pad>", "<bos>", "<eos>", "<unk>"];

    readonly Dictionary<string, int> ids = [];
    readonly int specials;

    /// <summary>A vocabulary of tokens in the order of their ids, as <see cref="Tokens"/> gave them.</summary>
    /// <exception cref="ArgumentException">A token occurs twice.</exception>
    public Vocabulary(IEnumerable<string> tokens)
    {
        Tokens = [.. tokens];
        for (int id = 0; id < Tokens.Count; id++)
            if (!ids.TryAdd(Tokens[id], id))
                throw new ArgumentException(
                    $"Vocabulary: token '{Tokens[id]}' has the ids {ids[Tokens[id]]} and {id}; each may occur once");
        specials = Tokens.Zip(Specials).TakeWhile(pair => pair.First == pair.Second).Count();
    }

    /// <summary>All tokens; the place is the id.</summary>
    public IReadOnlyList<string> Tokens { get; }

    public int Count => Tokens.Count;

    /// <summary>Padding, begin, end, then the distinct characters of the texts by code point.</summary>
    public static Vocabulary OfCharacters(IEnumerable<string> texts) => new([.. Specials[..3], .. Sorted(texts)]);

    /// <summary>The distinct characters of one text by code point, and nothing else (nanoGPT's shakespeare_char).</summary>
    public static Vocabulary OfText(string text) => new(Sorted([text]));

    /// <summary>
    /// Padding, begin, end, unknown, then the words seen at least <paramref name="minimumCount"/> times, the most frequent first, equals in
    /// ordinal order.
    /// </summary>
    public static Vocabulary OfWords(IEnumerable<IReadOnlyList<string>> sentences, int minimumCount = 1) =>
        new([.. Specials, .. sentences.SelectMany(s => s).CountBy(w => w).Where(c => c.Value >= minimumCount)
            .OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Select(c => c.Key)]);

    /// <summary>The id of a token; the unknown token's where the vocabulary has one.</summary>
    /// <exception cref="KeyNotFoundException">The token is not in the vocabulary, and it has no unknown token.</exception>
    public int this[string token] =>
        ids.TryGetValue(token, out int id) ? id
        : specials > Unknown ? Unknown
        : throw new KeyNotFoundException($"Vocabulary: {Describe(token)} is not among the {Count} tokens "
            + $"{string.Join(' ', Tokens.Skip(specials).Take(40).Select(Visible))}{(Count - specials > 40 ? " …" : "")}");

    /// <summary>The ids of tokens.</summary>
    public int[] Encode(IEnumerable<string> tokens) => [.. tokens.Select(t => this[t])];

    /// <summary>The ids of a text's characters.</summary>
    public int[] Encode(string text) => Encode(Characters(text));

    /// <summary>The tokens of ids up to the end token; padding and begin tokens are left out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not that of a token.</exception>
    public string[] Decode(ReadOnlySpan<int> sequence)
    {
        List<string> tokens = [];
        foreach (int id in sequence)
        {
            if ((uint)id >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(sequence), $"Vocabulary: id {id} is not in 0 … {Count - 1}");
            if (id == Translator.End && specials > Translator.End) break;
            if (id >= Translator.End || specials <= Translator.End) tokens.Add(Tokens[id]);
        }

        return [.. tokens];
    }

    /// <summary>The characters of a text, each as a string: a surrogate pair is one.</summary>
    public static IEnumerable<string> Characters(string text) => text.EnumerateRunes().Select(rune => rune.ToString());

    static IEnumerable<string> Sorted(IEnumerable<string> texts) =>
        texts.SelectMany(t => t.EnumerateRunes()).Distinct().Order().Select(rune => rune.ToString());

    static string Describe(string token) =>
        token.Length > 0 && Rune.GetRuneAt(token, 0) is { } rune && rune.Utf16SequenceLength == token.Length
            ? $"the character '{Visible(token)}' (U+{rune.Value:X4})" : $"the token '{token}'";

    static string Visible(string token) => token switch { " " => "␣", "\n" => "⏎", "\t" => "⇥", _ => token };
}
