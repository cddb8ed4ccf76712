using System.Globalization;

namespace NanoAttention.Tutorials;

/// <summary>
/// How often each true class (row) was taken for each class (column), coloured by the share of its row, with each class's recall at the
/// right.
/// </summary>
public sealed class ConfusionMatrix : Figure
{
    const double Cell = 46, CellHeight = 30, Top = 84;

    readonly IReadOnlyList<string> classes;
    readonly int[,] counts;

    /// <param name="counts">(classes, classes): true class, predicted class.</param>
    /// <exception cref="ArgumentException">The counts are not classes × classes, or one is negative.</exception>
    public ConfusionMatrix(string title, IReadOnlyList<string> classes, int[,] counts)
    {
        if (counts.GetLength(0) != classes.Count || counts.GetLength(1) != classes.Count)
            throw new ArgumentException($"ConfusionMatrix: counts of ({counts.GetLength(0)}, {counts.GetLength(1)}) for {classes.Count} "
                + $"classes; should be ({classes.Count}, {classes.Count})");
        if (counts.Cast<int>().Any(n => n < 0)) throw new ArgumentException("ConfusionMatrix: a count is negative");
        (Title, this.classes, this.counts) = (title, classes, counts);
    }

    public override string Title { get; }

    public override string ToSvg()
    {
        double left = 52 + classes.Select(c => Svg.TextWidth(c, 12)).DefaultIfEmpty().Max();
        double right = left + Cell * classes.Count, bottom = Top + CellHeight * classes.Count;
        var svg = new Svg(Math.Max(right + 76, Svg.TitleWidth(Title)), bottom + 18, Title);
        svg.Text((left + right) / 2, Top - 26, "predicted", 12, Anchor.Middle, Palette.Muted);
        svg.Text(26, (Top + bottom) / 2, "true", 12, Anchor.Middle, Palette.Muted, rotate: -90);
        svg.Text(right + 60, Top - 8, "recall", 12, Anchor.End, Palette.Muted);
        for (int i = 0; i < classes.Count; i++)
        {
            svg.Text(left + Cell * (i + 0.5), Top - 8, classes[i], 12, Anchor.Middle, bold: true);
            DrawRow(svg, i, left, right);
        }

        svg.Rect(left, Top, right - left, bottom - Top, "none", Palette.Border);
        return svg.ToString();
    }

    void DrawRow(Svg svg, int row, double left, double right)
    {
        double y = Top + CellHeight * row;
        long total = Enumerable.Range(0, classes.Count).Sum(c => (long)counts[row, c]);
        svg.Text(left - 8, y + 19, classes[row], 12, Anchor.End, bold: true);
        for (int c = 0; c < classes.Count; c++)
        {
            int count = counts[row, c];
            double share = total == 0 ? 0 : (double)count / total;
            double shade = Math.Sqrt(share); // a few mistakes in a thousand should be seen
            svg.Rect(left + Cell * c, y, Cell, CellHeight, Palette.Sequential(shade), Palette.Grid,
                tip: $"{classes[row]} taken for {classes[c]}: {count} of {total}");
            if (count > 0)
                svg.Text(left + Cell * (c + 0.5), y + 19, count.ToString(CultureInfo.InvariantCulture), 11, Anchor.Middle,
                    Palette.TextOn(shade), bold: c == row);
        }

        if (total > 0)
            svg.Text(right + 60, y + 19, (100.0 * counts[row, row] / total).ToString("0.0", CultureInfo.InvariantCulture) + " %", 12,
                Anchor.End);
    }
}
