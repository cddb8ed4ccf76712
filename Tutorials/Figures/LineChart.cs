using System.Text;

namespace NanoAttention.Tutorials;

/// <summary>The points of one line; a y that is not finite leaves a gap.</summary>
public sealed record Series(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>Drawn as it is in a chart that smooths the others.</summary>
    public bool Exact { get; init; }
}

/// <summary>A place on the x axis with a dashed line and a few words.</summary>
public readonly record struct Mark(double X, string Label);

/// <summary>Lines over a common x axis: training curves.</summary>
public sealed class LineChart : Figure
{
    /// <summary>More points than this are drawn as the least and greatest value of each short stretch.</summary>
    const int MostPoints = 1200;

    readonly IReadOnlyList<Series> series;

    /// <exception cref="ArgumentException">A series has not as many x as y.</exception>
    public LineChart(string title, params IReadOnlyList<Series> series)
    {
        (Title, this.series) = (title, series);
        foreach (Series s in series)
            if (s.X.Count != s.Y.Count)
                throw new ArgumentException($"LineChart: series '{s.Name}' has {s.X.Count} x and {s.Y.Count} y; should be as many");
    }

    public string XLabel { get; init; } = "";

    public string YLabel { get; init; } = "";

    public bool LogX { get; init; }

    /// <summary>A logarithmic y axis; values that are not positive are gaps.</summary>
    public bool LogY { get; init; }

    /// <summary>
    /// The weight of the past in an exponential average, 0 … 1: above 0 the values are drawn faint and their average strong.
    /// </summary>
    public double Smoothing { get; init; }

    /// <summary>Whether each point gets its series' sign; for few points.</summary>
    public bool Markers { get; init; }

    public IReadOnlyList<Mark> Marks { get; init; } = [];

    public override string Title { get; }

    public override string ToSvg()
    {
        (double X, double Y)[][] lines = [.. series.Select(s => Points(s.X, s.Y))];
        (double X, double Y)[] finite = [.. lines.SelectMany(p => p).Where(p => double.IsFinite(p.Y))];
        (double Least, double Most) x = Range(finite.Select(p => p.X)), y = Range(finite.Select(p => p.Y));
        var plot = new Plot(Title, XLabel, YLabel,
            LogX ? Axis.Logarithmic(x.Least, x.Most) : Axis.Linear(x.Least, x.Most, 8, toTicks: false),
            LogY ? Axis.Logarithmic(y.Least, y.Most) : Axis.Linear(y.Least, y.Most), [.. series.Select(s => s.Name)]);
        foreach (Mark mark in Marks) Draw(plot, mark);
        for (int i = 0; i < lines.Length; i++)
        {
            string colour = Palette.Category(i);
            bool smooth = Smoothing > 0 && !series[i].Exact;
            plot.Svg.Path(Trace(plot, Thin(lines[i])), colour, smooth ? 1 : 2, opacity: smooth ? 0.3 : 1);
            if (smooth) plot.Svg.Path(Trace(plot, Thin(Average(lines[i]))), colour, 2);
            if (!Markers) continue;
            foreach ((double px, double py) in lines[i].Where(p => double.IsFinite(p.Y)))
                plot.Svg.Path(Plot.Marker(i, plot.AtX(px), plot.AtY(py)), Palette.Card, 1, colour,
                    tip: $"{series[i].Name}: {Axis.Label(px, 4)}, {Axis.Label(py, 4)}");
        }

        return plot.Svg.ToString();
    }

    (double X, double Y)[] Points(IReadOnlyList<double> x, IReadOnlyList<double> y) =>
        [.. x.Zip(y, (px, py) => (px, LogY && py <= 0 ? double.NaN : py)).Where(p => double.IsFinite(p.px) && (!LogX || p.px > 0))];

    (double X, double Y)[] Average((double X, double Y)[] points)
    {
        double average = double.NaN;
        return [.. points.Select(p =>
            (p.X, average = double.IsFinite(average) && double.IsFinite(p.Y) ? Smoothing * average + (1 - Smoothing) * p.Y : p.Y))];
    }

    static void Draw(Plot plot, Mark mark)
    {
        double x = plot.AtX(mark.X);
        bool atLeft = x + 8 + Svg.TextWidth(mark.Label, 12) > plot.Right;
        plot.Svg.Line(x, plot.UpperEdge, x, plot.LowerEdge, Palette.Ink, 1.2, "5 4");
        plot.Svg.Text(atLeft ? x - 7 : x + 7, plot.LowerEdge - 10, mark.Label, 12, atLeft ? Anchor.End : Anchor.Start, bold: true);
    }

    static string Trace(Plot plot, IEnumerable<(double X, double Y)> points)
    {
        var path = new StringBuilder();
        bool drawing = false;
        foreach ((double x, double y) in points)
        {
            if (double.IsFinite(y)) path.Append(drawing ? 'L' : 'M').Append(Svg.N(plot.AtX(x))).Append(' ').Append(Svg.N(plot.AtY(y)));
            drawing = double.IsFinite(y);
        }

        return path.ToString();
    }

    static IEnumerable<(double X, double Y)> Thin((double X, double Y)[] points) =>
        points.Length <= MostPoints ? points
        : points.Chunk((int)Math.Ceiling(2.0 * points.Length / MostPoints))
            .SelectMany(c => new[] { c.MinBy(p => p.Y), c.MaxBy(p => p.Y) }.OrderBy(p => p.X));

    static (double Least, double Most) Range(IEnumerable<double> values)
    {
        (double least, double most) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values) (least, most) = (Math.Min(least, value), Math.Max(most, value));
        return (least, most);
    }
}
