namespace NanoAttention.Tests.Conformance;

/// <summary>A graph of operators; what a name stands for is computed when it is asked for.</summary>
public sealed class OnnxGraph(IEnumerable<OnnxNodeText> nodes, Func<string, int> opset, Func<string, OnnxValue> stored)
{
    readonly Dictionary<string, OnnxNodeText> makers = nodes.SelectMany(node => node.Outputs.Where(o => o != "").Select(o => (o, node)))
        .ToDictionary(pair => pair.o, pair => pair.node);

    /// <summary>The value of a name, where others are given. What is computed on the way is kept among them.</summary>
    public OnnxValue Evaluate(string name, Dictionary<string, OnnxValue> values)
    {
        if (values.TryGetValue(name, out var value)) return value;
        if (!makers.TryGetValue(name, out var node)) throw new ArgumentException($"nothing in the graph yields '{name}'");
        OnnxValue?[] inputs = [.. node.Inputs.Select(input => input == "" ? null : Evaluate(input, values))];
        var bound = new OnnxNode(node.Op, opset(node.Domain), inputs, node.Outputs, node.Attributes, stored);
        var results = bound.Run(node.Op == "Gradient" ? Gradient : OnnxOperators.Find(node.Op, node.Domain));
        for (int i = 0; i < node.Outputs.Count; i++)
            if (bound.Wants(i)) values[node.Outputs[i]] = results[i]!;
        return values[name];
    }

    /// <summary>The derivatives of the graph's y by its xs, with the inputs in place of the xs and then of the zs.</summary>
    OnnxValue?[] Gradient(OnnxNode n)
    {
        string[] xs = n.Texts("xs")!, zs = n.Texts("zs") ?? [];
        Dictionary<string, OnnxValue> values = [];
        foreach (var (i, name) in xs.Concat(zs).Index()) values[name] = new(n[i].Detach(), n.Type(i));
        Tensor[] leaves = [.. xs.Select(x => values[x].Tensor.RequireGrad())];
        var y = Evaluate(n.Text("y"), values).Tensor;
        var slopes = Reverse.Gradients(y, leaves, Tensor.Ones(y.Shape, y.DType, y.Device));
        return [.. slopes.Select((slope, i) => (OnnxValue)(slope ?? Tensor.Zeros(leaves[i].Shape, leaves[i].DType, leaves[i].Device)))];
    }
}
