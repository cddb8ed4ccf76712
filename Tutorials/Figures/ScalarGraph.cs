using System.Globalization;

namespace NanoAttention.Tutorials;

/// <summary>Draws how a number was computed.</summary>
public static class ScalarGraph
{
    /// <summary>
    /// The graph behind a scalar: every value that a gradient flows through, with its gradient d root / d value once
    /// <paramref name="gradients"/> are asked for. Constants are left out: no gradient reaches them.
    /// </summary>
    public static GraphDrawing Of(Scalar root, string title = "", bool gradients = false)
    {
        var values = new List<Scalar>();
        var edges = new List<(int From, int To)>();
        var places = new Dictionary<Scalar, int>(ReferenceEqualityComparer.Instance);
        Place(root);
        for (int i = 0; i < values.Count; i++)
            for (int k = 0; k < values[i].Source!.InputCount; k++)
                if (values[i].Source!.Input(k) is { Source: not null } input) edges.Add((Place(input), i));
        Scalar?[] slopes = gradients ? Reverse.Gradients(root, [.. values], retainGraph: true) : new Scalar?[values.Count];
        return new GraphDrawing(title, [.. values
            .Select((value, i) => new GraphNode(Label(value), Text(value.Value), slopes[i] is { } slope ? Text(slope.Value) : ""))], edges);

        int Place(Scalar value)
        {
            if (value.Source is null)
                throw new ArgumentException("ScalarGraph: the value depends on nothing that requires a gradient, so it has no graph");
            if (places.TryGetValue(value, out int place)) return place;
            values.Add(value);
            return places[value] = values.Count - 1;
        }
    }

    static string Label(Scalar value)
    {
        string op = value.Source!.Leaf is not null ? "" : value.Source.Op;
        return value.Name is { } name ? op.Length > 0 ? $"{name} = {op}" : name : op.Length > 0 ? op : "leaf";
    }

    static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
