using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace NanoAttention.Tutorials;

/// <summary>Collects what one cell shows, in order: console text, displayed values and the result.</summary>
sealed class CellOutput
{
    readonly Lock gate = new();
    readonly JsonArray outputs = [];
    readonly StringBuilder stream = new();
    string streamName = "";

    /// <summary>A console writer whose text becomes <c>stream</c> outputs of that name.</summary>
    public TextWriter Writer(string streamName) => new StreamText(this, streamName);

    /// <summary>Adds a value: <paramref name="type"/> is <c>display_data</c> or <c>execute_result</c>.</summary>
    public void Add(string type, object? value, int? executionCount)
    {
        var data = Bundle(value);
        lock (gate)
        {
            EndStream();
            var output = new JsonObject { ["data"] = data };
            if (executionCount is not null) output["execution_count"] = executionCount;
            output["metadata"] = new JsonObject();
            output["output_type"] = type;
            outputs.Add((JsonNode)output);
        }
    }

    public JsonArray Finish()
    {
        lock (gate)
        {
            EndStream();
            return outputs;
        }
    }

    void Append(string name, ReadOnlySpan<char> text)
    {
        lock (gate)
        {
            if (name != streamName) EndStream();
            streamName = name;
            stream.Append(text);
        }
    }

    void EndStream()
    {
        var text = WithoutOverwritten(stream.ToString());
        stream.Clear();
        if (text.Length == 0) return;
        outputs.Add((JsonNode)new JsonObject
        {
            ["name"] = streamName,
            ["output_type"] = "stream",
            ["text"] = Notebook.Lines(text),
        });
    }

    /// <summary>
    /// A progress line rewrites itself after each carriage return; what is stored is what stays on the screen.
    /// </summary>
    internal static string WithoutOverwritten(string text) =>
        string.Join('\n', text.Split('\n').Select(line => line.TrimEnd('\r').Split('\r')[^1]));

    static JsonObject Bundle(object? value)
    {
        var bundle = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (mime, content) in (value as IDisplay)?.MimeBundle ?? new Dictionary<string, string>())
            bundle[mime] = content;
        bundle.TryAdd("text/plain", ValueText.Of(value));
        if (bundle.TryGetValue("image/svg+xml", out var svg)) bundle.TryAdd("text/html", Image(svg, bundle["text/plain"]));

        var data = new JsonObject();
        foreach (var (mime, content) in bundle)
            data[mime] = mime == "image/png" ? content : Notebook.Lines(content);
        return data;
    }

    /// <summary>
    /// The SVG once more, as an image that every viewer shows: JupyterLab shows no <c>image/svg+xml</c> of a notebook
    /// that came from elsewhere (jupyterlab issue 9650), and nbconvert 6.5 to 7.6 strips it (nbconvert issue 1849).
    /// </summary>
    static string Image(string svg, string alternative) =>
        $"<img alt=\"{WebUtility.HtmlEncode(alternative)}\" " +
        $"src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\">";

    sealed class StreamText(CellOutput output, string name) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => output.Append(name, [value]);

        public override void Write(string? value) => output.Append(name, value);

        public override void Write(ReadOnlySpan<char> value) => output.Append(name, value);

        public override void Write(char[] buffer, int index, int count) =>
            output.Append(name, buffer.AsSpan(index, count));
    }
}
