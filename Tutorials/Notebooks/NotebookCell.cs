using System.Text.Json.Nodes;

namespace NanoAttention.Tutorials;

/// <summary>One cell of a <see cref="Notebook"/>.</summary>
public sealed class NotebookCell
{
    private readonly JsonObject _node;

    internal NotebookCell(JsonObject node, int number) => (_node, Number) = (node, number);

    public string Id => _node["id"]!.GetValue<string>();

    public bool IsCode => Notebook.Text(_node["cell_type"]) == "code";

    /// <summary>Its place among the code cells, from 1: the <c>[n]</c> that a viewer prints beside it.</summary>
    public int Number { get; }

    public string Source => Notebook.Text(_node["source"])!;

    /// <summary>The stored outputs of a code cell.</summary>
    public JsonArray Outputs => (JsonArray)_node["outputs"]!;

    /// <summary>
    /// The relative tolerance that <c>metadata.nanoattention.tolerance</c> asks for: a cell that trains says how far
    /// its numbers may lie apart on another instruction set. Null where it asks for none.
    /// </summary>
    public double? Tolerance =>
        (_node["metadata"] as JsonObject)?["nanoattention"] is JsonObject own
        && own["tolerance"] is JsonValue value && value.TryGetValue(out double tolerance) ? tolerance : null;

    internal void SetOutputs(JsonArray outputs)
    {
        _node["execution_count"] = Number;
        _node["outputs"] = outputs;
    }
}
