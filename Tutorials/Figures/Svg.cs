using System.Globalization;
using System.Text;

namespace NanoAttention.Tutorials;

/// <summary>Where a text's x coordinate lies on it.</summary>
public enum Anchor { Start, Middle, End }

/// <summary>Writes an SVG element by element. Lengths are in pixels, y points down, numbers are written with a point.</summary>
public sealed class Svg
{
    const string Fonts = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'PingFang SC','Microsoft YaHei',"
        + "'Noto Sans CJK SC','Noto Sans SC',sans-serif";

    readonly StringBuilder body = new();

    /// <summary>A white card of a size, with the title at the top left.</summary>
    public Svg(double width, double height, string title)
    {
        string size = $"""width="{N(width)}" height="{N(height)}" viewBox="0 0 {N(width)} {N(height)}" """;
        string manner = $"""role="img" aria-label="{Escape(title)}" style="max-width:100%;height:auto" font-family="{Fonts}" """;
        body.Append($"""<svg xmlns="http://www.w3.org/2000/svg" {size}{manner.TrimEnd()}>""");
        Rect(0.5, 0.5, width - 1, height - 1, Palette.Card, Palette.Border, radius: 8);
        Text(16, 26, title, size: 15, bold: true);
    }

    public Svg Rect(
        double x, double y, double width, double height, string fill, string? stroke = null, double radius = 0, string? tip = null)
    {
        string rounded = radius > 0 ? $" rx=\"{N(radius)}\"" : "", outline = stroke is null ? "" : $" stroke=\"{stroke}\"";
        string place = $"""x="{N(x)}" y="{N(y)}" width="{N(width)}" height="{N(height)}" """;
        return Element($"""<rect {place}fill="{fill}"{outline}{rounded}""", "rect", tip);
    }

    public Svg Line(double x1, double y1, double x2, double y2, string stroke, double width = 1, string? dash = null) =>
        Path($"M{N(x1)} {N(y1)}L{N(x2)} {N(y2)}", stroke, width, dash: dash);

    /// <param name="path">Path data, its numbers written by <see cref="N"/>.</param>
    public Svg Path(
        string path, string stroke, double width = 1, string fill = "none", string? dash = null, double opacity = 1, string? tip = null)
    {
        string dashes = dash is null ? "" : $" stroke-dasharray=\"{dash}\"", faint = opacity < 1 ? $" opacity=\"{N(opacity)}\"" : "";
        string pen = $"""stroke="{stroke}" stroke-width="{N(width)}" stroke-linejoin="round"{dashes}""";
        return Element($"""<path d="{path}" fill="{fill}" {pen}{faint}""", "path", tip);
    }

    public Svg Text(double x, double y, string text, double size = 12, Anchor anchor = Anchor.Start, string fill = Palette.Ink,
        bool bold = false, double rotate = 0)
    {
        string place = anchor switch { Anchor.Middle => " text-anchor=\"middle\"", Anchor.End => " text-anchor=\"end\"", _ => "" };
        string weight = bold ? " font-weight=\"600\"" : "", turn = rotate == 0 ? "" : $" transform=\"rotate({N(rotate)} {N(x)} {N(y)})\"";
        body.Append($"""<text x="{N(x)}" y="{N(y)}" font-size="{N(size)}" fill="{fill}"{place}{weight}{turn}>{Escape(text)}</text>""");
        return this;
    }

    /// <summary>Opens a group that a page's script can find by its class and row.</summary>
    public Svg OpenRow(int row)
    {
        body.Append(CultureInfo.InvariantCulture, $"<g class=\"row\" data-row=\"{row}\">");
        return this;
    }

    public Svg Close()
    {
        body.Append("</g>");
        return this;
    }

    public override string ToString() => body + "</svg>";

    /// <summary>A number with up to two places, as SVG wants it.</summary>
    public static string N(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Text for an XML or HTML element or attribute; characters that XML forbids become U+FFFD.</summary>
    public static string Escape(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            result.Append(rune.Value switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                < 0x20 and not ('\t' or '\n' or '\r') or 0xFFFE or 0xFFFF => "\uFFFD",
                _ => rune.ToString(),
            });
        return result.ToString();
    }

    /// <summary>
    /// About how wide a text is drawn: Chinese, Japanese and Korean characters and pictographs are one em wide, others about half.
    /// </summary>
    public static double TextWidth(string text, double size) => size * text.EnumerateRunes().Sum(rune => rune.Value switch
    {
        >= 0x2E80 and <= 0xFFDC or >= 0x1F300 => 1.0,
        'i' or 'j' or 'l' or '.' or ',' or ':' or ';' or '\'' or '|' or ' ' or '!' => 0.3,
        'm' or 'w' or 'M' or 'W' or '@' => 0.88,
        >= 'A' and <= 'Z' => 0.68,
        _ => 0.57,
    });

    /// <summary>What a title needs: bold, in the widest of the usual fonts, with its margins.</summary>
    public static double TitleWidth(string title) => 32 + TextWidth(title, 19);

    /// <summary>A token as a reader can see it: spaces and line ends get a sign.</summary>
    public static string Visible(string token) => token switch { " " => "␣", "\n" => "⏎", "\t" => "⇥", _ => token };

    Svg Element(string open, string name, string? tip)
    {
        body.Append(open).Append(tip is null ? "/>" : $"><title>{Escape(tip)}</title></{name}>");
        return this;
    }
}
