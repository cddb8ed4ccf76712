using System.Text;

namespace NanoAttention.Tutorials;

/// <summary>
/// Normalisation and splitting of sentences into words for translation: small letters, composed accents, one kind of
/// apostrophe and space, punctuation marks as words of their own. A French elision is a word that ends in its
/// apostrophe (<c>j'ai</c> → <c>j'</c> <c>ai</c>); other apostrophes stay inside their word (<c>don't</c>).
/// </summary>
public static class Words
{
    static readonly HashSet<string> Elisions =
        ["c'", "d'", "j'", "l'", "m'", "n'", "s'", "t'", "qu'", "jusqu'", "lorsqu'", "puisqu'", "quoiqu'"];

    /// <summary>Combining marks, each with small letters and their composed forms in turn (Unicode canonical composition).</summary>
    static readonly Dictionary<char, string> Compositions = new()
    {
        ['\u0300'] = "aàeèiìoòuù",
        ['\u0301'] = "aáeéiíoóuúyýcćnńsśzź",
        ['\u0302'] = "aâeêiîoôuû",
        ['\u0303'] = "aãnñoõ",
        ['\u0308'] = "aäeëiïoöuüyÿ",
        ['\u030A'] = "aåuů",
        ['\u030C'] = "cčeěnňrřsšzž",
        ['\u0327'] = "cçsştţ",
    };

    /// <summary>The words of a sentence.</summary>
    public static string[] Split(string sentence)
    {
        List<string> words = [];
        var word = new StringBuilder();
        foreach (Rune rune in Normalise(sentence).EnumerateRunes())
        {
            bool inside = Rune.IsLetterOrDigit(rune) || rune.Value == '\''
                || Rune.GetUnicodeCategory(rune) == System.Globalization.UnicodeCategory.NonSpacingMark;
            if (inside) word.Append(rune);
            if (!inside || Elisions.Contains(word.ToString())) Finish();
            if (!inside && !Rune.IsWhiteSpace(rune)) words.Add(rune.ToString());
        }

        Finish();
        return [.. words];

        void Finish()
        {
            if (word.Length > 0) words.Add(word.ToString());
            word.Clear();
        }
    }

    /// <summary>
    /// Small letters, typographic apostrophes made plain, accents composed. The composition is done here because
    /// <see cref="string.Normalize()"/> answers its input unchanged under InvariantGlobalization.
    /// </summary>
    public static string Normalise(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char c in text.ToLowerInvariant())
        {
            if (result.Length > 0 && Compose(result[^1], c) is { } composed) result[^1] = composed;
            else result.Append(c is '’' or 'ʼ' ? '\'' : c);
        }

        return result.ToString();
    }

    static char? Compose(char letter, char mark)
    {
        if (!Compositions.TryGetValue(mark, out string? pairs)) return null;
        for (int i = 0; i < pairs.Length; i += 2)
            if (pairs[i] == letter) return pairs[i + 1];
        return null;
    }
}
