namespace NanoAttention.Tutorials;

/// <summary>Horizontal bars, one for each category and series, with their values at the end.</summary>
public sealed class BarChart : Figure
{
    const double Width = 720, Bar = 18, Gap = 12;

    readonly IReadOnlyList<string> categories, series;
    readonly IReadOnlyList<IReadOnlyList<double>> values;

    /// <summary>One bar for each category.</summary>
    public BarChart(string title, IReadOnlyList<string> categories, IReadOnlyList<double> values)
        : this(title, categories, [""], [values])
    {
    }

    /// <summary>Groups of bars, one for each series.</summary>
    /// <param name="values">For each series the values of the categories; NaN leaves a bar out.</param>
    /// <exception cref="ArgumentException">A series has not one value for each category, or one is negative or infinite.</exception>
    public BarChart(
        string title, IReadOnlyList<string> categories, IReadOnlyList<string> series, IReadOnlyList<IReadOnlyList<double>> values)
    {
        if (series.Count != values.Count)
            throw new ArgumentException($"BarChart: {values.Count} rows of values for {series.Count} series; should be as many");
        for (int s = 0; s < values.Count; s++)
        {
            if (values[s].Count != categories.Count)
                throw new ArgumentException(
                    $"BarChart: series '{series[s]}' has {values[s].Count} values for {categories.Count} categories; should be as many");
            if (values[s].Any(v => v < 0 || double.IsInfinity(v)))
                throw new ArgumentException($"BarChart: a value of series '{series[s]}' is negative or infinite; a bar begins at 0");
        }

        (Title, this.categories, this.series, this.values) = (title, categories, series, values);
    }

    /// <summary>Follows every value: <c>GFLOP/s</c>.</summary>
    public string Unit { get; init; } = "";

    public override string Title { get; }

    public override string ToSvg()
    {
        bool legend = series.Count > 1;
        double top = legend ? 68 : 46, group = Bar * series.Count + Gap;
        double left = 26 + categories.Select(c => Svg.TextWidth(c, 12)).DefaultIfEmpty().Max();
        double most = values.SelectMany(v => v).Where(double.IsFinite).DefaultIfEmpty().Max();
        double room = Width - left - 24 - values.SelectMany(v => v).Select(v => Svg.TextWidth(Text(v), 12)).DefaultIfEmpty().Max();
        var svg = new Svg(Width, top + group * categories.Count + 8, Title);
        if (legend) DrawLegend(svg);
        for (int c = 0; c < categories.Count; c++)
        {
            double y = top + group * c;
            svg.Text(left - 8, y + Bar * series.Count / 2 + 4, categories[c], 12, Anchor.End);
            for (int s = 0; s < series.Count; s++)
            {
                double value = values[s][c], length = double.IsFinite(value) && most > 0 ? room * value / most : 0;
                if (length > 0) svg.Rect(left, y + Bar * s, Math.Max(1, length), Bar - 2, Palette.Category(s), radius: 2);
                svg.Text(left + length + 6, y + Bar * s + 12.5, Text(value), 12, fill: Palette.Muted);
            }
        }

        svg.Line(left, top - 4, left, top + group * categories.Count - Gap + 4, Palette.Muted);
        return svg.ToString();
    }

    void DrawLegend(Svg svg)
    {
        double x = 16;
        for (int s = 0; s < series.Count; s++)
        {
            svg.Rect(x, 40, 12, 12, Palette.Category(s), radius: 2).Text(x + 18, 50.5, series[s]);
            x += 36 + Svg.TextWidth(series[s], 12);
        }
    }

    string Text(double value) =>
        double.IsNaN(value) ? "–"
            : $"{Axis.Label(value, value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 4)}{(Unit.Length > 0 ? " " + Unit : "")}";
}
