namespace NanoAttention.Tutorials;

/// <summary>Draws how a tensor was computed: <see cref="Figure.ToSvg"/>, or <see cref="GraphDrawing.ToMermaid"/> for where Markdown is read.</summary>
public static class TensorGraph
{
    /// <summary>The graph behind a tensor: every value that a gradient flows through, with its shape and type. Constants are left out.</summary>
    /// <param name="names">What some of the tensors are called, as <see cref="Module.Named"/> has a model's parameters.</param>
    /// <exception cref="ArgumentException">No gradient flows to the tensor, or its graph was freed by a backward pass.</exception>
    public static GraphDrawing Of(Tensor root, string title = "", IEnumerable<(string Name, Tensor Value)>? names = null)
    {
        if (root.Source is not { } last) throw new ArgumentException("TensorGraph: the tensor depends on nothing that requires a gradient, so it has no graph");
        var called = new Dictionary<Node<Tensor>, string>(ReferenceEqualityComparer.Instance);
        foreach (var (name, value) in names ?? [])
            if (value.Source is { } source) called[source] = name;
        var nodes = new List<(Node<Tensor> Node, Tensor Value)> { (last, root) };
        var places = new Dictionary<Node<Tensor>, int>(ReferenceEqualityComparer.Instance) { [last] = 0 };
        var edges = new List<(int From, int To)>();
        for (int i = 0; i < nodes.Count; i++)
        {
            var node = nodes[i].Node;
            if (node.Freed) throw new ArgumentException($"TensorGraph: a backward pass has freed the graph behind {node.Op}; draw it before, or pass retainGraph: true");
            for (int k = 0; k < node.InputCount; k++)
            {
                var input = node.Input(k);
                if (input.Source is not { } source || source.Stamp >= node.Stamp) continue;
                if (!places.TryGetValue(source, out int place))
                {
                    places[source] = place = nodes.Count;
                    nodes.Add((source, input));
                }
                edges.Add((place, i));
            }
        }
        return new(title, [.. nodes.Select(n => new GraphNode(Label(n.Node), $"{n.Value.Shape} {n.Value.DType}"))], edges);

        string Label(Node<Tensor> node) => called.TryGetValue(node, out var name) ? name : node.Leaf is not null ? "leaf" : node.Op;
    }
}
