using System.Globalization;
using System.Text;

namespace NanoAttention.Tutorials;

/// <summary>
/// One self-contained HTML page: sections of text and figures, with its style and script inside and no request
/// to anywhere (its content security policy forbids them).
/// </summary>
public sealed class Page(string title)
{
    readonly StringBuilder body = new();

    /// <summary>A heading.</summary>
    public Page Section(string heading) => Add($"<h2>{Svg.Escape(heading)}</h2>");

    /// <summary>A paragraph of plain text.</summary>
    public Page Paragraph(string text) => Add($"<p>{Svg.Escape(text)}</p>");

    /// <summary>Text in fixed width, its lines kept: a sample of a model.</summary>
    public Page Preformatted(string text) => Add($"<pre>{Svg.Escape(text)}</pre>");

    public Page Figure(Figure figure) => Add($"<figure>{figure.ToSvg()}</figure>");

    /// <summary>
    /// A source, what was made of it, and the attention between them: a heat-map, and both texts as tokens; pointing at
    /// an output token (or reaching it with the Tab key) shades the source tokens by their weight.
    /// </summary>
    /// <param name="weights">(output, source), row by row, each row the attention of one output token.</param>
    public Page Attention(string heading, IReadOnlyList<string> source, IReadOnlyList<string> output, ReadOnlySpan<float> weights)
    {
        var map = new HeatMap(heading, output, source, weights) { RowLabel = "output", ColumnLabel = "source" };
        float[] all = weights.ToArray();
        string rows = string.Join(";", all.Chunk(Math.Max(1, source.Count))
            .Select(row => string.Join(",", row.Select(w => w.ToString("0.###", CultureInfo.InvariantCulture)))));
        return Add($"""
            <figure class="attention" data-weights="{rows}">
            <div class="line source"><b>source</b>{Tokens(source, "<span>")}</div>
            <div class="line output"><b>output</b>{Tokens(output, "<span tabindex=\"0\">")}</div>
            {map.ToSvg()}</figure>
            """);
    }

    /// <summary>The page as UTF-8 HTML.</summary>
    public string ToHtml() => $"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <title>{Svg.Escape(title)}</title>
        <style>{PageAssets.Style}</style></head>
        <body><main><h1>{Svg.Escape(title)}</h1>
        {body}</main>
        <script>{PageAssets.Script}</script></body></html>

        """.ReplaceLineEndings("\n");

    /// <summary>Writes the page in one step: a reader finds the old page or the new one, whole. Missing folders are made.</summary>
    public void Save(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        string written = path + ".part";
        File.WriteAllText(written, ToHtml());
        File.Move(written, path, overwrite: true);
    }

    static string Tokens(IReadOnlyList<string> tokens, string open) =>
        string.Concat(tokens.Select(token => $"{open}{Svg.Escape(Svg.Visible(token))}</span>"));

    Page Add(string html)
    {
        body.Append(html).Append('\n');
        return this;
    }
}
