namespace NanoAttention.Tutorials;

/// <summary>
/// A classifier's score over a rectangle: row i of <paramref name="Scores"/> lies at y = YMin + (i + ½) · (YMax − YMin) / rows, and columns
/// alike; below 0 is the first class, above 0 the second.
/// </summary>
public sealed record DecisionRegion(double XMin, double XMax, double YMin, double YMax, double[,] Scores)
{
    /// <summary>Asks a classifier at the cell centres of a grid.</summary>
    public static DecisionRegion Sample(
        double xMin, double xMax, double yMin, double yMax, Func<double, double, double> score, int cells = 60)
    {
        double[,] scores = new double[cells, cells];
        for (int i = 0; i < cells; i++)
            for (int j = 0; j < cells; j++)
                scores[i, j] = score(xMin + (j + 0.5) * (xMax - xMin) / cells, yMin + (i + 0.5) * (yMax - yMin) / cells);
        return new(xMin, xMax, yMin, yMax, scores);
    }
}

/// <summary>Points of one or more classes, over the regions that a classifier gives to the first two.</summary>
/// <param name="classes">The points of each class; those that are not finite are left out.</param>
public sealed class ScatterPlot(string title, params IReadOnlyList<Series> classes) : Figure
{
    static readonly string[] Tints = ["#d6e8f3", "#fae3d3"]; // the first two series colours, light

    public string XLabel { get; init; } = "";

    public string YLabel { get; init; } = "";

    public DecisionRegion? Region { get; init; }

    public override string Title => title;

    public override string ToSvg()
    {
        (double X, double Y)[][] points =
            [.. classes.Select(c => c.X.Zip(c.Y).Where(p => double.IsFinite(p.First) && double.IsFinite(p.Second)).ToArray())];
        double[] xs = [.. points.SelectMany(p => p).Select(p => p.X), .. Region is { } r ? new[] { r.XMin, r.XMax } : []];
        double[] ys = [.. points.SelectMany(p => p).Select(p => p.Y), .. Region is { } q ? new[] { q.YMin, q.YMax } : []];
        double margin = Region is null ? 0.04 : 0;
        var plot = new Plot(Title, XLabel, YLabel, Fit(xs, margin), Fit(ys, margin), [.. classes.Select(c => c.Name)], width: 620,
            plotHeight: 380, lines: false);
        if (Region is { } region) Draw(plot, region);
        for (int i = 0; i < classes.Count; i++)
            foreach ((double x, double y) in points[i])
                plot.Svg.Path(Plot.Marker(i, plot.AtX(x), plot.AtY(y)), Palette.Card, 0.8, Palette.Category(i),
                    tip: $"{classes[i].Name}: {Axis.Label(x, 3)}, {Axis.Label(y, 3)}");
        return plot.Svg.ToString();
    }

    static Axis Fit(double[] values, double margin)
    {
        double least = values.DefaultIfEmpty().Min(), most = values.DefaultIfEmpty(1).Max(), extra = margin * (most - least);
        return Axis.Linear(least - extra, most + extra, 7, toTicks: false);
    }

    /// <summary>
    /// Each row's stretches of one sign as tinted rectangles, and the border where the score is 0 between neighbouring cells.
    /// </summary>
    static void Draw(Plot plot, DecisionRegion region)
    {
        (int rows, int columns) = (region.Scores.GetLength(0), region.Scores.GetLength(1));
        double X(double column) => plot.AtX(region.XMin + column * (region.XMax - region.XMin) / columns);
        double Y(double row) => plot.AtY(region.YMin + row * (region.YMax - region.YMin) / rows);
        for (int i = 0; i < rows; i++)
            for (int j = 0, end; j < columns; j = end)
            {
                bool positive = region.Scores[i, j] > 0;
                for (end = j + 1; end < columns && region.Scores[i, end] > 0 == positive;) end++;
                plot.Svg.Rect(X(j), Y(i + 1), X(end) - X(j), Y(i) - Y(i + 1) + 0.3, Tints[positive ? 1 : 0]);
            }

        plot.Svg.Path(Border(region.Scores, X, Y), Palette.Ink, 1.4);
    }

    /// <summary>The zero line by marching squares: in each square of four cell centres, the crossings of its sides joined.</summary>
    static string Border(double[,] s, Func<double, double> x, Func<double, double> y)
    {
        var path = new System.Text.StringBuilder();
        for (int i = 0; i + 1 < s.GetLength(0); i++)
            for (int j = 0; j + 1 < s.GetLength(1); j++)
            {
                (double C, double R)[] corners = [(j, i), (j + 1, i), (j + 1, i + 1), (j, i + 1)];
                double[] values = [s[i, j], s[i, j + 1], s[i + 1, j + 1], s[i + 1, j]];
                List<(double C, double R)> crossings = [];
                for (int k = 0; k < 4; k++)
                {
                    int next = (k + 1) % 4;
                    if (values[k] > 0 == values[next] > 0) continue;
                    double t = values[k] / (values[k] - values[next]);
                    crossings.Add(
                        (corners[k].C + t * (corners[next].C - corners[k].C), corners[k].R + t * (corners[next].R - corners[k].R)));
                }

                for (int k = 0; k + 1 < crossings.Count; k += 2)
                    path.Append($"M{Svg.N(x(crossings[k].C + 0.5))} {Svg.N(y(crossings[k].R + 0.5))}L{Svg.N(x(crossings[k + 1].C + 0.5))} "
                        + $"{Svg.N(y(crossings[k + 1].R + 0.5))}");
            }

        return path.ToString();
    }
}
