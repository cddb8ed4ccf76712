using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NanoAttention.Tutorials;

/// <summary>
/// A Jupyter notebook of C# cells (nbformat 4.5, kernel <c>.net-csharp</c>). Whatever is not touched is written back
/// as it was read, keys in their order.
/// </summary>
/// <remarks>Source: https://nbformat.readthedocs.io/en/latest/format_description.html</remarks>
public sealed class Notebook
{
    readonly JsonObject root;

    Notebook(JsonObject root, IReadOnlyList<NotebookCell> cells) => (this.root, Cells) = (root, cells);

    /// <summary>All cells in order, text and code.</summary>
    public IReadOnlyList<NotebookCell> Cells { get; }

    /// <summary>Reads a notebook from its UTF-8 bytes.</summary>
    /// <exception cref="NotebookException">The bytes are no C# notebook of format 4.5; the message says why.</exception>
    public static Notebook Parse(ReadOnlySpan<byte> utf8)
    {
        var root = ParseJson(utf8);
        var (major, minor) = (Integer(root["nbformat"]), Integer(root["nbformat_minor"]));
        Require(major is not null && minor is not null, "not a notebook: it has no nbformat number");
        Require(major == 4 && minor >= 5, $"nbformat {major}.{minor}: 4.5 is needed (open it in Jupyter and save it)");
        var kernel = (root["metadata"] as JsonObject)?["kernelspec"] as JsonObject;
        Require(kernel is not null, "it names no kernel in metadata.kernelspec: .net-csharp is needed");
        var kernelName = Text(kernel!["name"]);
        Require(kernelName == ".net-csharp", $"its kernel is {kernelName}: only .net-csharp runs here");

        Require(root["cells"] is JsonArray, "not a notebook: it has no list of cells");
        var cells = new List<NotebookCell>();
        var ids = new HashSet<string>();
        foreach (var node in (JsonArray)root["cells"]!)
        {
            var where = $"cell {cells.Count + 1} of the file";
            var cell = new NotebookCell(Valid(node, where), 1 + cells.Count(c => c.IsCode));
            Require(ids.Add(cell.Id), $"{where}: the id {cell.Id} is used twice");
            cells.Add(cell);
        }
        return new Notebook(root, cells);
    }

    /// <summary>Reads a notebook file.</summary>
    /// <exception cref="NotebookException">The file, which is named, is no C# notebook of format 4.5; the message says why.</exception>
    public static Notebook Load(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path));
        }
        catch (NotebookException e)
        {
            throw new NotebookException($"{path}: {e.Message}");
        }
    }

    /// <summary>The notebook as Jupyter writes it.</summary>
    public string ToJson() => NotebookJson.Write(root);

    /// <summary>Writes the file whole or not at all: to a temporary file beside it, then moved over it.</summary>
    public void Save(string path)
    {
        var full = Path.GetFullPath(path);
        var temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllText(temporary, ToJson(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            File.Move(temporary, full, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>The text of a multi-line string: one string, or a list of lines; null for anything else.</summary>
    internal static string? Text(JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue(out string? text) => text,
        JsonArray lines when lines.All(line => line is JsonValue v && v.TryGetValue(out string? _)) =>
            string.Concat(lines.Select(line => line!.GetValue<string>())),
        _ => null,
    };

    /// <summary>Text as a list of lines, each with its line end, as notebooks store it.</summary>
    internal static JsonArray Lines(string text)
    {
        text = text.Replace("\r\n", "\n");
        var lines = new JsonArray();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) is var i && i < 0 ? text.Length : i + 1;
            lines.Add((JsonNode)text[start..end]);
            start = end;
        }
        return lines;
    }

    static JsonObject ParseJson(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var node = JsonNode.Parse(utf8, null, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (node is not JsonObject root) throw new NotebookException("not a notebook: its JSON is no object");
            NotebookJson.Write(root); // what could not be written back (half a surrogate pair) is refused here
            return root;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new NotebookException($"not valid JSON: {e.Message}");
        }
    }

    static JsonObject Valid(JsonNode? node, string where)
    {
        Require(node is JsonObject, $"{where} is no object");
        var cell = (JsonObject)node!;
        var type = Text(cell["cell_type"]);
        Require(type is "code" or "markdown" or "raw", $"{where}: cell_type is not code, markdown or raw");
        Require(cell["id"] is JsonValue id && id.TryGetValue(out string? _), $"{where} has no id");
        Require(cell["metadata"] is JsonObject, $"{where} has no metadata");
        Require(Text(cell["source"]) is not null, $"{where} has no source");
        if (type != "code") return cell;
        Require(cell["outputs"] is JsonArray, $"{where} is code and has no list of outputs");
        var outputs = (JsonArray)cell["outputs"]!;
        Require(outputs.All(IsOutput), $"{where} has an output that is no stream, result, display or error");
        return cell;
    }

    static bool IsOutput(JsonNode? node) => node is JsonObject output && Text(output["output_type"]) switch
    {
        "stream" => Text(output["name"]) is not null && Text(output["text"]) is not null,
        "execute_result" or "display_data" => output["data"] is JsonObject,
        "error" => Text(output["ename"]) is not null && Text(output["evalue"]) is not null,
        _ => false,
    };

    static int? Integer(JsonNode? node) => node is JsonValue v && v.TryGetValue(out int number) ? number : null;

    static void Require(bool holds, string otherwise)
    {
        if (!holds) throw new NotebookException(otherwise);
    }
}
