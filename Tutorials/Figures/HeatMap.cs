using System.Globalization;

namespace NanoAttention.Tutorials;

/// <summary>
/// A matrix as coloured cells, a row for each row token: attention weights with output tokens as rows and source tokens
/// as columns. Values of one sign go from white to dark blue, values of both signs from orange to blue with 0 white.
/// </summary>
public sealed class HeatMap : Figure
{
    const double Width = 720, LeastCell = 13, GreatestCell = 46, CellHeight = 22, TitleHeight = 44, LegendWidth = 62;

    readonly string[] rows, columns;
    readonly float[] values;

    /// <param name="values">(rows, columns), row by row.</param>
    /// <exception cref="ArgumentException">There are not rows × columns values, or one is not finite.</exception>
    public HeatMap(string title, IReadOnlyList<string> rows, IReadOnlyList<string> columns, ReadOnlySpan<float> values)
    {
        if (values.Length != rows.Count * columns.Count)
            throw new ArgumentException($"HeatMap: {values.Length} values for {rows.Count} rows and {columns.Count} columns; should be "
                + $"{rows.Count * columns.Count}");
        foreach (float value in values)
            if (!float.IsFinite(value)) throw new ArgumentException($"HeatMap: the value {value} has no colour; values should be finite");
        (Title, this.values) = (title, values.ToArray());
        (this.rows, this.columns) = ([.. rows.Select(Svg.Visible)], [.. columns.Select(Svg.Visible)]);
    }

    public string RowLabel { get; init; } = "";

    public string ColumnLabel { get; init; } = "";

    public override string Title { get; }

    public override string ToSvg()
    {
        bool signed = values.Any(v => v < 0);
        double limit = values.Select(Math.Abs).DefaultIfEmpty().Max();
        if (limit <= 0) limit = 1;
        double left = 16 + rows.Select(r => Svg.TextWidth(r, 12)).DefaultIfEmpty().Max() + 10 + (RowLabel.Length > 0 ? 20 : 0);
        double cell = Math.Clamp((Width - left - LegendWidth - 16) / Math.Max(1, columns.Length), LeastCell, GreatestCell);
        double widest = columns.Select(c => Svg.TextWidth(c, 12)).DefaultIfEmpty().Max();
        bool upright = widest <= cell + 1;
        double top = TitleHeight + (ColumnLabel.Length > 0 ? 18 : 0) + (upright ? 18 : widest + 8);
        double right = left + cell * columns.Length, bottom = top + CellHeight * rows.Length;
        double width = Math.Max(right + LegendWidth + 16, Svg.TitleWidth(Title));
        var svg = new Svg(width, Math.Max(bottom, top + 96) + 16, Title);
        if (ColumnLabel.Length > 0) svg.Text((left + right) / 2, TitleHeight + 6, ColumnLabel, 12, Anchor.Middle, Palette.Muted);
        if (RowLabel.Length > 0) svg.Text(24, (top + bottom) / 2, RowLabel, 12, Anchor.Middle, Palette.Muted, rotate: -90);
        for (int c = 0; c < columns.Length; c++)
        {
            double x = left + cell * (c + 0.5);
            if (upright) svg.Text(x, top - 6, columns[c], 12, Anchor.Middle);
            else svg.Text(x + 4, top - 6, columns[c], 12, rotate: -90);
        }

        for (int r = 0; r < rows.Length; r++) DrawRow(svg, r, left, top, cell, signed, limit);
        svg.Rect(left, top, right - left, bottom - top, "none", Palette.Border);
        DrawLegend(svg, right + 16, top, signed, limit);
        return svg.ToString();
    }

    void DrawRow(Svg svg, int row, double left, double top, double cell, bool signed, double limit)
    {
        double y = top + CellHeight * row;
        svg.OpenRow(row).Text(left - 8, y + 15, rows[row], 12, Anchor.End);
        for (int c = 0; c < columns.Length; c++)
        {
            double value = values[row * columns.Length + c], t = value / limit;
            svg.Rect(left + cell * c, y, cell, CellHeight, Colour(t, signed), tip: $"{rows[row]} ← {columns[c]}: {Axis.Label(value, 3)}");
            if (cell >= 34) svg.Text(left + cell * (c + 0.5), y + 15, InCell(value, limit), 10.5, Anchor.Middle, Palette.TextOn(t, signed));
        }

        svg.Close();
    }

    /// <summary>A bar of 24 steps from the greatest value down to the least.</summary>
    static void DrawLegend(Svg svg, double x, double top, bool signed, double limit)
    {
        const int steps = 24;
        const double height = 3.75;
        double least = signed ? -1 : 0;
        for (int i = 0; i < steps; i++)
            svg.Rect(x, top + height * i, 12, height + 0.3, Colour(1 - (1 - least) * i / (steps - 1), signed));
        svg.Rect(x, top, 12, height * steps, "none", Palette.Border);
        (double At, double Value)[] labels = [(0, 1), (0.5, (1 + least) / 2), (1, least)];
        foreach ((double at, double value) in labels)
            svg.Text(x + 17, top + 4 + at * height * steps, Axis.Label(Rounded(value * limit), 4), 10.5, Anchor.Start, Palette.Muted);
    }

    // Two places, or three where all values are small.
    static string InCell(double value, double limit) => Math.Abs(value) >= 10 ? Axis.Label(value, 0)
        : value.ToString(limit < 0.1 ? "0.000" : "0.00", CultureInfo.InvariantCulture).Replace('-', '−');

    /// <summary>Three significant places.</summary>
    static double Rounded(double value) => double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    static string Colour(double t, bool signed) => signed ? Palette.Diverging(t) : Palette.Sequential(t);
}
