using System.Text.Json.Nodes;

namespace NanoAttention.Tutorials;

/// <summary>One cell of a <see cref="Notebook"/>.</summary>
public sealed class NotebookCell
{
    readonly JsonObject node;

    internal NotebookCell(JsonObject node, int number) => (this.node, Number) = (node, number);

    public string Id => node["id"]!.GetValue<string>();

    public bool IsCode => Notebook.Text(node["cell_type"]) == "code";

    /// <summary>Its place among the code cells, from 1: the <c>[n]</c> that a viewer prints beside it.</summary>
    public int Number { get; }

    public string Source => Notebook.Text(node["source"])!;

    /// <summary>The stored outputs of a code cell.</summary>
    public JsonArray Outputs => (JsonArray)node["outputs"]!;

    /// <summary>
    /// The relative tolerance that <c>metadata.nanoattention.tolerance</c> asks for: a cell that trains says how far
    /// its numbers may lie apart on another instruction set. Null where it asks for none.
    /// </summary>
    public double? Tolerance =>
        (node["metadata"] as JsonObject)?["nanoattention"] is JsonObject own
        && own["tolerance"] is JsonValue value && value.TryGetValue(out double tolerance) ? tolerance : null;

    internal void SetOutputs(JsonArray outputs)
    {
        node["execution_count"] = Number;
        node["outputs"] = outputs;
    }
}
