namespace NanoAttention.Tutorials;

/// <summary>The frame that charts with two axes share: card, title, legend, grid, ticks and axis labels.</summary>
sealed class Plot
{
    const double Top = 44, Bottom = 52, LegendHeight = 22, RightMargin = 24;

    public Plot(string title, string xLabel, string yLabel, Axis x, Axis y, IReadOnlyList<string> legend, double width = 720,
        double plotHeight = 280, bool lines = true)
    {
        (X, Y) = (x, y);
        double widest = y.Ticks.Select(t => Svg.TextWidth(t.Label, 11)).DefaultIfEmpty().Max();
        Left = 24 + widest + (yLabel.Length > 0 ? 20 : 0);
        Right = width - RightMargin;
        UpperEdge = Top + LegendHeight * Rows(legend);
        LowerEdge = UpperEdge + plotHeight;
        Svg = new(width, LowerEdge + Bottom, title);
        DrawLegend(legend, lines);
        DrawAxes(xLabel, yLabel);
    }

    public Svg Svg { get; }

    public Axis X { get; }

    public Axis Y { get; }

    public double Left { get; }

    public double Right { get; }

    public double UpperEdge { get; }

    public double LowerEdge { get; }

    public double AtX(double value) => Left + (Right - Left) * X.Place(value);

    public double AtY(double value) => LowerEdge - (LowerEdge - UpperEdge) * Y.Place(value);

    /// <summary>A sign of a series, so that it is told from others by its form too: ● ■ ▲ ◆ ▼ ✚ ✖.</summary>
    public static string Marker(int series, double x, double y, double r = 3.6) => (series % 6) switch
    {
        0 => $"M{N(x - r)} {N(y)}a{N(r)} {N(r)} 0 1 0 {N(2 * r)} 0a{N(r)} {N(r)} 0 1 0 {N(-2 * r)} 0z",
        1 => $"M{N(x - r)} {N(y - r)}h{N(2 * r)}v{N(2 * r)}h{N(-2 * r)}z",
        2 => $"M{N(x)} {N(y - 1.2 * r)}L{N(x + 1.2 * r)} {N(y + r)}L{N(x - 1.2 * r)} {N(y + r)}z",
        3 => $"M{N(x)} {N(y - 1.35 * r)}L{N(x + 1.35 * r)} {N(y)}L{N(x)} {N(y + 1.35 * r)}L{N(x - 1.35 * r)} {N(y)}z",
        4 => $"M{N(x)} {N(y + 1.2 * r)}L{N(x + 1.2 * r)} {N(y - r)}L{N(x - 1.2 * r)} {N(y - r)}z",
        _ => Plus(x, y, r, N(2 * r / 3), N(-2 * r / 3)),
    };

    static string Plus(double x, double y, double r, string forth, string back) =>
        $"M{N(x - r)} {N(y - r / 3)}h{forth}v{back}h{forth}v{forth}h{forth}v{forth}h{back}v{forth}h{back}v{back}h{back}z";

    static string N(double value) => Svg.N(value);

    IEnumerable<(double X, int Row)> LegendPlaces(IReadOnlyList<string> legend)
    {
        double x = 16;
        int row = 0;
        foreach (string name in legend)
        {
            double width = 40 + Svg.TextWidth(name, 12);
            if (x > 16 && x + width > Right) (x, row) = (16, row + 1);
            yield return (x, row);
            x += width;
        }
    }

    int Rows(IReadOnlyList<string> legend) => legend.Count == 0 ? 0 : 1 + LegendPlaces(legend).Last().Row;

    void DrawLegend(IReadOnlyList<string> legend, bool lines)
    {
        int series = 0;
        foreach ((double x, int row) in LegendPlaces(legend))
        {
            double y = 46 + LegendHeight * row;
            if (lines) Svg.Line(x, y, x + 20, y, Palette.Category(series), 2);
            Svg.Path(Marker(series, x + 10, y), "none", fill: Palette.Category(series));
            Svg.Text(x + 26, y + 4, legend[series++]);
        }
    }

    void DrawAxes(string xLabel, string yLabel)
    {
        foreach (Tick tick in Y.Ticks)
        {
            Svg.Line(Left, AtY(tick.Value), Right, AtY(tick.Value), Palette.Grid);
            Svg.Text(Left - 7, AtY(tick.Value) + 4, tick.Label, 11, Anchor.End, Palette.Muted);
        }

        double free = double.NegativeInfinity;
        foreach (Tick tick in X.Ticks)
        {
            double x = AtX(tick.Value), half = Svg.TextWidth(tick.Label, 11) / 2;
            Svg.Line(x, LowerEdge, x, LowerEdge + 4, Palette.Muted);
            if (x - half < free) continue;
            Svg.Text(x, LowerEdge + 17, tick.Label, 11, Anchor.Middle, Palette.Muted);
            free = x + half + 6;
        }

        Svg.Line(Left, LowerEdge, Right, LowerEdge, Palette.Muted);
        Svg.Text((Left + Right) / 2, LowerEdge + 38, xLabel, 12, Anchor.Middle);
        if (yLabel.Length > 0) Svg.Text(22, (UpperEdge + LowerEdge) / 2, yLabel, 12, Anchor.Middle, rotate: -90);
    }
}
