namespace NanoAttention.Tutorials;

/// <summary>A node of a computation graph.</summary>
/// <param name="Op">What computes it, or the name of an input.</param>
/// <param name="Value">Its value, as it is to be read.</param>
/// <param name="Gradient">Its gradient, or empty.</param>
public sealed record GraphNode(string Op, string Value, string Gradient = "");

/// <summary>A computation graph from its inputs at the left to its result at the right, with each node's value and gradient.</summary>
public sealed class GraphDrawing : Figure
{
    const double NodeWidth = 92, GapX = 38, GapY = 16, Top = 44;

    readonly IReadOnlyList<GraphNode> nodes;
    readonly IReadOnlyList<(int From, int To)> edges;

    /// <param name="edges">Pairs of places in <paramref name="nodes"/>: from an input to what is computed of it.</param>
    /// <exception cref="ArgumentException">An edge names a node that is not there, or the edges form a cycle.</exception>
    public GraphDrawing(string title, IReadOnlyList<GraphNode> nodes, IReadOnlyList<(int From, int To)> edges)
    {
        foreach ((int from, int to) in edges)
            if ((uint)from >= (uint)nodes.Count || (uint)to >= (uint)nodes.Count)
                throw new ArgumentException($"GraphDrawing: the edge {from} → {to} names a node outside 0 … {nodes.Count - 1}");
        (Title, this.nodes, this.edges) = (title, nodes, edges);
    }

    public override string Title { get; }

    public override string ToSvg()
    {
        var layout = new GraphLayout(nodes.Count, edges);
        bool gradients = nodes.Any(n => n.Gradient.Length > 0);
        double height = gradients ? 56 : 40;
        double[] widths = [.. layout.Layers
            .Select(column => column.Where(n => n < nodes.Count).Select(n => Room(nodes[n])).DefaultIfEmpty(0).Max())];
        double[] lefts = new double[widths.Length];
        for (int i = 0; i < widths.Length; i++) lefts[i] = i == 0 ? 20 : lefts[i - 1] + widths[i - 1] + GapX;
        double highest = layout.Layers.SelectMany(c => c).Select(layout.Place).DefaultIfEmpty().Min();
        double lowest = layout.Layers.SelectMany(c => c).Select(layout.Place).DefaultIfEmpty().Max();
        double Y(int node) => Top + (layout.Place(node) - highest) * (height + GapY) + height / 2;
        double right = lefts.Length == 0 ? 0 : lefts[^1] + widths[^1];
        var svg = new Svg(Math.Max(right + 20, Svg.TitleWidth(Title)), Top + (lowest - highest) * (height + GapY) + height + 20,
            Title);
        foreach (int[] route in layout.Routes)
            DrawEdge(svg, [.. route.Select(n => (lefts[layout.Layer(n)], widths[layout.Layer(n)], Y(n)))]);
        for (int n = 0; n < nodes.Count; n++)
            DrawNode(svg, nodes[n], edges.All(e => e.To != n), lefts[layout.Layer(n)], Y(n) - height / 2, widths[layout.Layer(n)], height);
        return svg.ToString();
    }

    /// <summary>The same graph as a flowchart in Mermaid's language, which GitHub and many notebooks draw.</summary>
    public string ToMermaid()
    {
        var text = new System.Text.StringBuilder("flowchart LR\n");
        for (int n = 0; n < nodes.Count; n++)
        {
            string[] lines = [nodes[n].Op, nodes[n].Value, nodes[n].Gradient.Length > 0 ? $"∂ {nodes[n].Gradient}" : ""];
            string label = string.Join("<br/>", lines.Where(line => line.Length > 0).Select(Svg.Escape));
            text.Append(edges.All(e => e.To != n) ? $"    n{n}([\"{label}\"])\n" : $"    n{n}[\"{label}\"]\n");
        }
        foreach ((int from, int to) in edges) text.Append($"    n{from} --> n{to}\n");
        return text.ToString();
    }

    /// <summary>The title; where there is none, how many values the graph has, from which inputs to which result.</summary>
    public override string ToString()
    {
        return Title.Length > 0 ? base.ToString()
            : $"{nameof(GraphDrawing)}: {nodes.Count} values, from {Besides(edges.Select(e => e.To))} to {Besides(edges.Select(e => e.From))}";

        string Besides(IEnumerable<int> others) =>
            string.Join(", ", Enumerable.Range(0, nodes.Count).Except(others).Select(n => $"{nodes[n].Op} {nodes[n].Value}").Distinct());
    }

    static double Room(GraphNode node) =>
        Math.Max(NodeWidth, 22 + Math.Max(Svg.TextWidth(node.Op, 13.5),
            Math.Max(Svg.TextWidth(node.Value, 11.5), Svg.TextWidth("∂ " + node.Gradient, 11.5))));

    static void DrawNode(Svg svg, GraphNode node, bool input, double x, double y, double width, double height)
    {
        (string fill, string stroke) = input ? ("#e8f2f9", Palette.Category(0)) : ("#fdf3e3", Palette.Category(4));
        svg.Rect(x, y, width, height, fill, stroke, radius: 7,
            tip: $"{node.Op}: value {node.Value}{(node.Gradient.Length > 0 ? $", gradient {node.Gradient}" : "")}");
        svg.Text(x + width / 2, y + 16.5, node.Op, 13, Anchor.Middle, bold: true);
        svg.Text(x + width / 2, y + 32, node.Value, 11.5, Anchor.Middle);
        if (node.Gradient.Length > 0) svg.Text(x + width / 2, y + 47.5, "∂ " + node.Gradient, 11.5, Anchor.Middle, "#a63d00");
    }

    /// <summary>A smooth curve through the stops, straight across the layers it passes, with an arrow head.</summary>
    static void DrawEdge(Svg svg, (double Left, double Width, double Y)[] stops)
    {
        (double x, double y) = (stops[0].Left + stops[0].Width, stops[0].Y);
        var path = new System.Text.StringBuilder($"M{Svg.N(x)} {Svg.N(y)}");
        foreach ((double left, double width, double nextY) in stops.Skip(1))
        {
            double bend = (left - x) / 2;
            path.Append($"C{Svg.N(x + bend)} {Svg.N(y)} {Svg.N(left - bend)} {Svg.N(nextY)} {Svg.N(left)} "
                + $"{Svg.N(nextY)}H{Svg.N(left + width)}");
            (x, y) = (left + width, nextY);
        }

        path.Length = path.ToString().LastIndexOf('H'); // the last stop is a node, not a passage
        double tip = stops[^1].Left;
        svg.Path(path.ToString(), Palette.Muted, 1.4);
        svg.Path($"M{Svg.N(tip)} {Svg.N(y)}l-7 -3.5v7z", "none", fill: Palette.Muted);
    }
}
