using System.Text;
using System.Text.Json.Nodes;

namespace NanoAttention.Tutorials;

/// <summary>
/// JSON as Jupyter writes it, byte for byte: Python's <c>json.dumps(…, ensure_ascii=False, indent=1)</c> and a final
/// newline. System.Text.Json's own writer escapes more (<c>\u001B</c>, U+00A0, U+2028), which would change lines that
/// no one edited.
/// </summary>
static class NotebookJson
{
    public static string Write(JsonNode root)
    {
        var text = new StringBuilder();
        WriteNode(text, root, 0);
        return text.Append('\n').ToString();
    }

    static void WriteNode(StringBuilder text, JsonNode? node, int depth)
    {
        switch (node)
        {
            case JsonObject members:
                WriteItems(text, '{', '}', members, depth, member =>
                {
                    WriteString(text, member.Key);
                    text.Append(": ");
                    WriteNode(text, member.Value, depth + 1);
                });
                break;
            case JsonArray items:
                WriteItems(text, '[', ']', items, depth, item => WriteNode(text, item, depth + 1));
                break;
            case JsonValue value when value.TryGetValue(out string? content):
                WriteString(text, content);
                break;
            default: // numbers keep the digits they were read with
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    static void WriteItems<T>(
        StringBuilder text, char open, char close, ICollection<T> items, int depth, Action<T> write)
    {
        text.Append(open);
        var first = true;
        foreach (var item in items)
        {
            text.Append(first ? "\n" : ",\n").Append(' ', depth + 1);
            write(item);
            first = false;
        }
        if (!first) text.Append('\n').Append(' ', depth);
        text.Append(close);
    }

    static void WriteString(StringBuilder text, string content)
    {
        text.Append('"');
        foreach (var c in content)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\f' => text.Append("\\f"),
                '\b' => text.Append("\\b"),
                < ' ' => text.Append($"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }
        text.Append('"');
    }
}
