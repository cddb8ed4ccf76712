using NanoAttention.Tutorials;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>
/// The best peer's time over ours as bars from 1 on a logarithmic scale: to the right where ours is faster; a stroke marks the goal.
/// </summary>
sealed class RatioChart(IReadOnlyList<Comparison> runs) : Figure
{
    const double Width = 860, Bar = 12, Gap = 9, Top = 76, Numbers = 44;

    public override string Title => runs.Any(run => run.Place.IsSimulated) ? "SIMULATED: no times, goals alone"
        : $"The best peer's time over ours{(runs.Any(run => run.Place.IsGpu) ? ", or our part of a copy's speed" : "")}";

    public override string ToSvg()
    {
        bool Shows(Comparison run, PeerRow row) => run.Place.IsSimulated || double.IsFinite(Ratio(run, row));
        PeerRow[] rows = [.. runs[0].Rows.Select(r => r.Row).Where(row => runs.Any(run => Shows(run, row)))];
        double[] values =
        [
            .. from row in rows
               from run in runs
               from value in (double[])[Ratio(run, row), row.GoalOn(run.Place.Threads)]
               where double.IsFinite(value)
               select value,
        ];
        var axis = Axis.Logarithmic(Math.Min(0.5, values.Min()), Math.Max(2, values.Max()));
        double left = 24 + rows.Max(row => Svg.TextWidth(Name(row), 12)), room = Width - left - Numbers - 12;
        double group = Bar * runs.Count + Gap, bottom = Top + group * rows.Length;
        var svg = new Svg(Width, bottom + 12, Title);
        Legend(svg);
        foreach (var tick in axis.Ticks.Append(new(1, "1")).DistinctBy(t => t.Value))
        {
            double x = X(tick.Value);
            svg.Line(x, Top - 6, x, bottom, tick.Value == 1 ? Palette.Ink : Palette.Grid);
            svg.Text(x, Top - 10, tick.Label, 11, Anchor.Middle, Palette.Muted);
        }
        for (int r = 0; r < rows.Length; r++)
        {
            svg.Text(left - 8, Top + group * r + Bar * runs.Count / 2 + 4, Name(rows[r]), 12, Anchor.End);
            for (int s = 0; s < runs.Count; s++)
            {
                double ratio = Ratio(runs[s], rows[r]), goal = rows[r].GoalOn(runs[s].Place.Threads), y = Top + group * r + Bar * s;
                if (double.IsFinite(ratio))
                {
                    svg.Rect(Math.Min(X(1), X(ratio)), y, Math.Max(1, Math.Abs(X(ratio) - X(1))), Bar - 2, Palette.Category(s));
                    svg.Text(Width - 12, y + Bar - 3, Units.Digits(ratio), 11, Anchor.End, ratio >= goal ? Palette.Ink : Palette.Muted);
                }
                svg.Line(X(goal), y - 1, X(goal), y + Bar - 1, Palette.Ink, 2);
            }
        }
        return svg.ToString();

        double X(double ratio) => left + room * axis.Place(ratio);
    }

    void Legend(Svg svg)
    {
        double x = 16;
        for (int s = 0; s < runs.Count; s++)
        {
            string name = runs[s].Place.ToString();
            svg.Rect(x, 40, 12, 12, Palette.Category(s), radius: 2).Text(x + 18, 50.5, name);
            x += 36 + Svg.TextWidth(name, 12);
        }
        svg.Line(x + 4, 38, x + 4, 54, Palette.Ink, 2).Text(x + 14, 50.5, "goal");
    }

    static string Name(PeerRow row) => row.OfMemory ? $"{row.Title}, of a copy" : row.Title;

    static double Ratio(Comparison run, PeerRow row) => run.Place.IsSimulated ? double.NaN : run.Rows.First(r => r.Row == row).Score;
}
