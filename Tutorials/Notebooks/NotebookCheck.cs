using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace NanoAttention.Tutorials;

/// <summary>
/// Executes a notebook and compares what its cells show with the outputs stored in it: text, SVG and HTML as
/// <see cref="OutputComparer"/> says, images by their presence, and progress lines (those that tell a time left)
/// not at all.
/// </summary>
public static partial class NotebookCheck
{
    /// <exception cref="NotebookException">A cell failed, or shows something else: the first difference.</exception>
    /// <exception cref="OperationCanceledException">Stopped between two cells.</exception>
    public static void Run(Notebook notebook, TextWriter log, CancellationToken stop)
    {
        foreach (var (cell, outputs) in NotebookRunner.Execute(notebook, log, stop))
            Compare(cell, Parts(cell.Outputs), Parts(outputs));
    }

    /// <summary>One comparable piece of a cell's outputs; the mime type of console text is <c>stream</c>.</summary>
    readonly record struct Part(string Name, string Mime, string Text)
    {
        public bool IsMarkup => Mime is "image/svg+xml" or "text/html";

        public string[] Lines => Mime switch
        {
            null => [],
            "stream" => [.. CellOutput.WithoutOverwritten(Text).Split('\n')
                .Where(line => line.Trim().Length > 0 && !TellsTimeLeft().IsMatch(line))],
            "image/svg+xml" => Canonical(Text).Split('\n'),
            "text/html" => Tag().Replace(Embedded().Replace(Text, "an image"), "\n$0\n")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            _ when Mime.StartsWith("image/", StringComparison.Ordinal) => [],
            _ => Text.Split('\n'),
        };
    }

    static void Compare(NotebookCell cell, List<Part> stored, List<Part> now)
    {
        var comparer = new OutputComparer(cell.Tolerance);
        for (var i = 0; i < Math.Max(stored.Count, now.Count); i++)
        {
            var (expected, got) = (stored.ElementAtOrDefault(i), now.ElementAtOrDefault(i));
            if (expected.Name != got.Name)
                throw Difference($"cell [{cell.Number}], output {i + 1}", expected.Name, got.Name);
            var (before, after) = (expected.Lines, got.Lines);
            for (var line = 0; line < Math.Max(before.Length, after.Length); line++)
            {
                var (a, b) = (before.ElementAtOrDefault(line), after.ElementAtOrDefault(line));
                if (a is null || b is null || !comparer.Same(a, b, expected.IsMarkup))
                    throw Difference($"cell [{cell.Number}], output {i + 1} ({expected.Name}), line {line + 1}", a, b);
            }
        }
    }

    static NotebookException Difference(string where, string? expected, string? got) =>
        new($"{where}:\n    expected: {expected ?? "nothing"}\n    got:      {got ?? "nothing"}");

    static List<Part> Parts(JsonArray outputs)
    {
        var parts = new List<Part>();
        foreach (var output in outputs.Cast<JsonObject>())
        {
            switch (Notebook.Text(output["output_type"]))
            {
                case "stream":
                    var (name, text) = (Notebook.Text(output["name"])!, Notebook.Text(output["text"])!);
                    if (parts.Count > 0 && parts[^1].Name == name) // one stream in several outputs
                        parts[^1] = parts[^1] with { Text = parts[^1].Text + text };
                    else parts.Add(new(name, "stream", text));
                    break;
                case "error":
                    var (error, message) = (Notebook.Text(output["ename"]), Notebook.Text(output["evalue"]));
                    parts.Add(new("error", "text/plain", $"{error}: {message}"));
                    break;
                case var type:
                    var data = (JsonObject)output["data"]!;
                    foreach (var (mime, content) in data.OrderBy(d => d.Key, StringComparer.Ordinal))
                        parts.Add(new($"{type} {mime}", mime, Notebook.Text(content) ?? content?.ToJsonString() ?? "null"));
                    break;
            }
        }
        return parts;
    }

    /// <summary>SVG with its attributes in alphabetical order, an element a line: only what it draws counts.</summary>
    static string Canonical(string svg)
    {
        try
        {
            var root = XElement.Parse(svg);
            foreach (var element in root.DescendantsAndSelf())
                element.ReplaceAttributes([.. element.Attributes().OrderBy(a => $"{a.Name}", StringComparer.Ordinal)]);
            return root.ToString().ReplaceLineEndings("\n");
        }
        catch (XmlException e)
        {
            return $"not well-formed: {e.Message}";
        }
    }

    [GeneratedRegex(@"(\d\s?(ms|s|sec|min|h)|:\d\d)\s+(left|remaining)\b|\bETA\b")]
    private static partial Regex TellsTimeLeft();

    [GeneratedRegex("data:image/[^\"']*")]
    private static partial Regex Embedded();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();
}
