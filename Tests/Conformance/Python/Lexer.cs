using System.Globalization;
using System.Text;

namespace NanoAttention.Tests.Python;

public enum TokenKind { Name, Number, Text, Symbol, End }

/// <summary>One token: its text, its value when it is a literal, and the column it starts at.</summary>
public readonly record struct Token(TokenKind Kind, string Text, object? Value, int Position);

/// <summary>Splits a Python expression into names, numbers, strings and symbols (Python reference, chapter 2).</summary>
public static class Lexer
{
    // Longest first, so that ** is not read as two stars.
    static readonly string[] symbols =
        ["...", "**", "//", "<<", ">>", "==", "!=", "<=", ">=",
         "+", "-", "*", "/", "%", "@", "&", "|", "^", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ":", "."];

    public static IReadOnlyList<Token> Read(string source)
    {
        List<Token> tokens = [];
        for (var at = 0; at < source.Length;)
        {
            if (char.IsWhiteSpace(source[at])) { at++; continue; }
            var token = Next(source, at);
            tokens.Add(token);
            at += token.Text.Length;
        }
        tokens.Add(new(TokenKind.End, "end of expression", null, source.Length));
        return tokens;
    }

    static Token Next(string source, int at)
    {
        var c = source[at];
        if (char.IsAsciiDigit(c) || c == '.' && at + 1 < source.Length && char.IsAsciiDigit(source[at + 1])) return Number(source, at);
        if (char.IsLetter(c) || c == '_') return new(TokenKind.Name, Run(source, at, x => char.IsLetterOrDigit(x) || x == '_'), null, at);
        if (c is '\'' or '"') return Text(source, at);
        foreach (var symbol in symbols)
            if (string.CompareOrdinal(source, at, symbol, 0, symbol.Length) == 0) return new(TokenKind.Symbol, symbol, null, at);
        throw new PythonException($"the character '{c}' is not known", source, at);
    }

    static string Run(string source, int at, Func<char, bool> belongs)
    {
        var end = at;
        while (end < source.Length && belongs(source[end])) end++;
        return source[at..end];
    }

    /// <summary>digits [. digits] [e [±] digits], with _ between digits; an integer is a long, anything else a double.</summary>
    static Token Number(string source, int at)
    {
        var text = new StringBuilder(Digits(at));
        var whole = true;
        if (Peek() == '.') { whole = false; text.Append('.'); text.Append(Digits(at + text.Length)); }
        if (Peek() is 'e' or 'E')
        {
            var sign = at + text.Length + 1 < source.Length && source[at + text.Length + 1] is '+' or '-' ? 1 : 0;
            var exponent = Digits(at + text.Length + 1 + sign);
            if (exponent.Length == 0) throw new PythonException("an exponent has no digits", source, at);
            whole = false;
            text.Append(source, at + text.Length, 1 + sign).Append(exponent);
        }
        if (char.IsLetterOrDigit(Peek())) throw new PythonException("a number runs into a letter", source, at);
        var digits = text.ToString().Replace("_", "", StringComparison.Ordinal);
        object value = whole ? (object)long.Parse(digits, CultureInfo.InvariantCulture) : double.Parse(digits, CultureInfo.InvariantCulture);
        return new(TokenKind.Number, text.ToString(), value, at);

        string Digits(int from) => Run(source, from, x => char.IsAsciiDigit(x) || x == '_');
        char Peek() => at + text.Length < source.Length ? source[at + text.Length] : '\0';
    }

    static Token Text(string source, int at)
    {
        var value = new StringBuilder();
        for (var i = at + 1; i < source.Length; i++)
        {
            if (source[i] == source[at]) return new(TokenKind.Text, source[at..(i + 1)], value.ToString(), at);
            if (source[i] == '\\' && i + 1 < source.Length)
                value.Append(source[++i] switch { 'n' => '\n', 't' => '\t', var other => other });
            else value.Append(source[i]);
        }
        throw new PythonException("a string does not end", source, at);
    }
}
