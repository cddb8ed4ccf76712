namespace NanoAttention.Tutorials;

/// <summary>
/// Places the nodes of an acyclic graph in layers from left to right so that every edge points right
/// (Sugiyama, Tagawa, Toda: Methods for visual understanding of hierarchical system structures, 1981):
/// layers by longest path, places for edges that cross layers, order within a layer by the neighbours' mean.
/// </summary>
sealed class GraphLayout
{
    const int Sweeps = 8;

    readonly List<(int From, int To)> links = [];
    readonly List<int> layer = [];
    readonly List<double> place = [];

    /// <param name="edges">Pairs of node numbers, from an input to what is computed of it.</param>
    /// <exception cref="ArgumentException">The edges form a cycle.</exception>
    public GraphLayout(int nodes, IReadOnlyList<(int From, int To)> edges)
    {
        layer.AddRange(LongestPaths(nodes, edges));
        foreach ((int from, int to) in edges) Routes.Add(Route(from, to));
        Layers = [.. Enumerable.Range(0, layer.Count).GroupBy(n => layer[n]).OrderBy(g => g.Key).Select(g => g.ToArray())];
        place.AddRange(new double[layer.Count]);
        foreach (int[] column in Layers) Spread(column);
        for (int sweep = 0; sweep < Sweeps; sweep++)
            foreach (int[] column in sweep % 2 == 0 ? Layers : Layers.Reverse())
                Reorder(column, forward: sweep % 2 == 0);
    }

    /// <summary>The nodes of each layer from top to bottom; numbers past the graph's own are places where a long edge passes.</summary>
    public int[][] Layers { get; }

    /// <summary>For each edge the nodes and places that it goes through.</summary>
    public List<int[]> Routes { get; } = [];

    public int Layer(int node) => layer[node];

    /// <summary>The height of a node in units of one node's room, 0 in the middle.</summary>
    public double Place(int node) => place[node];

    static int[] LongestPaths(int nodes, IReadOnlyList<(int From, int To)> edges)
    {
        int[] depth = new int[nodes], waiting = new int[nodes];
        ILookup<int, int> after = edges.ToLookup(e => e.From, e => e.To);
        foreach ((_, int to) in edges) waiting[to]++;
        var ready = new Queue<int>(Enumerable.Range(0, nodes).Where(n => waiting[n] == 0));
        int[] inputs = [.. ready];
        int placed = 0;
        for (; ready.TryDequeue(out int node); placed++)
            foreach (int next in after[node])
            {
                depth[next] = Math.Max(depth[next], depth[node] + 1);
                if (--waiting[next] == 0) ready.Enqueue(next);
            }

        if (placed < nodes) throw new ArgumentException("GraphDrawing: the edges form a cycle; a computation graph has none");
        foreach (int input in inputs) // beside its first use
            if (after[input].Any()) depth[input] = after[input].Min(n => depth[n]) - 1;
        return depth;
    }

    int[] Route(int from, int to)
    {
        List<int> route = [from];
        for (int between = layer[from] + 1; between < layer[to]; between++)
        {
            route.Add(layer.Count);
            layer.Add(between);
        }

        route.Add(to);
        links.AddRange(route.Zip(route.Skip(1)));
        return [.. route];
    }

    void Spread(int[] column)
    {
        for (int i = 0; i < column.Length; i++) place[column[i]] = i - (column.Length - 1) / 2.0;
    }

    /// <summary>
    /// Sorts a layer by the mean place of the neighbours on one side, and moves it towards them as far as the nodes have room.
    /// </summary>
    void Reorder(int[] column, bool forward)
    {
        Dictionary<int, double> wish =
            column.ToDictionary(n => n, n => Neighbours(n, forward).Select(m => place[m]).DefaultIfEmpty(place[n]).Average());
        int[] sorted = [.. column.OrderBy(n => wish[n])];
        sorted.CopyTo(column, 0);
        double low = double.NegativeInfinity, drift = 0;
        foreach (int node in column)
        {
            place[node] = low = Math.Max(wish[node], low + 1);
            drift += (place[node] - wish[node]) / column.Length;
        }

        foreach (int node in column) place[node] -= drift;
    }

    IEnumerable<int> Neighbours(int node, bool before) =>
        before ? links.Where(l => l.To == node).Select(l => l.From) : links.Where(l => l.From == node).Select(l => l.To);
}
