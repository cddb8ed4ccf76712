using System.Globalization;
using System.Text.RegularExpressions;

namespace NanoAttention.Tutorials;

/// <summary>
/// Compares two lines of output. Words must be equal, up to the width of the spaces between them. Numbers:
/// <list type="bullet">
/// <item>Integers are counts, shapes and indices: equal.</item>
/// <item>Decimals: |a − b| ≤ 1e-3 · max(|a|, |b|) + 1e-6. Another instruction set sums in another order, which moves a
/// float32 by some 1e-6 of its size (and what cancels to zero, or is itself a rounding error, by any factor), while a
/// mistake that a reader could notice moves it by more than a thousandth.</item>
/// <item>In a cell that states a tolerance r, because it trains (rounding then grows from step to step), all numbers:
/// |a − b| ≤ r · max(|a|, |b|) + one unit of the last printed place.</item>
/// <item>Inside a tag of SVG or HTML, coordinates and colour channels, whose values a drawing of about 500 units has
/// scaled and rounded: |a − b| ≤ 500 r + one unit of the last printed place; but numbers of at most 1 in size are
/// opacities and shares, and compare as in text.</item>
/// </list>
/// Times and speeds (<c>12.3 s</c>, <c>4 ms</c>, <c>0:42</c>, <c>1,234 it/s</c>) are left out.
/// </summary>
public sealed partial class OutputComparer(double? tolerance)
{
    const double DefaultTolerance = 1e-3, Noise = 1e-6, DrawingSize = 500;

    readonly double relative = tolerance ?? DefaultTolerance;

    /// <param name="markup">Whether the lines are SVG or HTML, where a pair of angle brackets is a tag.</param>
    public bool Same(string expected, string got, bool markup)
    {
        var (a, b) = (Tokens(expected, markup), Tokens(got, markup));
        return a.Count == b.Count && a.Zip(b).All(pair => Same(pair.First, pair.Second));
    }

    /// <summary>A piece of a line: a word, a number (with the size of one unit in its last printed place), or a time.</summary>
    readonly record struct Token(string Text, double? Value = null, double Unit = 0, bool InTag = false);

    bool Same(Token a, Token b)
    {
        if (a.Value is not { } x || b.Value is not { } y) return a == b;
        var (difference, size) = (Math.Abs(x - y), Math.Max(Math.Abs(x), Math.Abs(y)));
        var unit = Math.Max(a.Unit, b.Unit);
        if (a.InTag && size > 1) return difference <= (relative * DrawingSize) + unit;
        if (tolerance is not null) return difference <= (relative * size) + (unit * (1 + Noise));
        return unit < 1 ? difference <= (relative * size) + Noise : difference == 0;
    }

    static List<Token> Tokens(string line, bool markup)
    {
        var tokens = new List<Token>();
        if (!markup) AddText(tokens, line);
        else
            foreach (Match piece in TagOrText().Matches(line))
            {
                if (piece.ValueSpan[0] == '<') AddTag(tokens, piece.Value);
                else AddText(tokens, piece.Value);
            }
        return tokens;
    }

    static void AddText(List<Token> tokens, string text)
    {
        foreach (Match word in TextToken().Matches(text))
        {
            if (word.Groups["time"].Success) tokens.Add(new("a time"));
            else if (word.Groups["number"].Success) tokens.Add(Number(word.Value, inTag: false));
            else tokens.Add(new(word.Value));
        }
    }

    static void AddTag(List<Token> tokens, string tag)
    {
        foreach (Match word in TagToken().Matches(tag))
        {
            if (word.Groups["colour"].Success)
                for (var channel = 1; channel < 7; channel += 2)
                    tokens.Add(new("", Convert.ToInt32(word.Value.Substring(channel, 2), 16), 1, InTag: true));
            else if (word.Groups["number"].Success) tokens.Add(Number(word.Value, inTag: true));
            else tokens.Add(new(word.Value));
        }
    }

    static Token Number(string text, bool inTag)
    {
        var digits = text.Replace(",", "").Replace('−', '-');
        var parts = digits.Split('e', 'E');
        var (mantissa, exponent) = (parts[0], parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        var places = mantissa.Contains('.') ? mantissa.Length - mantissa.IndexOf('.') - 1 : 0;
        var unit = places == 0 && exponent == 0 ? 1 : Math.Min(Math.Pow(10, exponent - places), 0.5);
        return new("", double.Parse(digits, CultureInfo.InvariantCulture), unit, inTag);
    }

    [GeneratedRegex(@"<[^<>]*>|[^<]+|<")]
    private static partial Regex TagOrText();

    const string
        Whole = @"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?",
        Exponent = @"(?:[eE][-+]?\d{1,3})?",
        TimeUnit = @"(?:ns|µs|μs|us|ms|s|sec|seconds?|minutes?)\b",
        Speed = @"[kMGT]?\s?\p{L}*/s(?:ec)?\b",
        Duration = @"(?<![\w.:])(?:\d+\s?min\s)?" + Whole + @"\s?(?:" + TimeUnit + "|" + Speed + ")",
        Clock = @"(?<![\w.:\[])\d{1,2}(?::\d\d){1,2}(?![\w:\]])";

    [GeneratedRegex($@"(?<time>{Duration}|{Clock})|(?<number>(?<![\w.])[-−+]?{Whole}{Exponent})|\w+|[^\w\s]")]
    private static partial Regex TextToken();

    [GeneratedRegex($@"(?<colour>#[0-9a-fA-F]{{6}}\b)|(?<number>[-+]?(?:\d+\.?\d*|\.\d+){Exponent})|[^\s\d.+#-]+|\S")]
    private static partial Regex TagToken();
}
