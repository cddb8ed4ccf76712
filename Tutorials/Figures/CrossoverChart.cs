namespace NanoAttention.Tutorials;

/// <summary>Speed over size, both axes logarithmic, with the size marked from which on one series is ahead of another.</summary>
/// <param name="slow">The series that is ahead at small sizes, CPU say.</param>
/// <param name="fast">The series that is ahead at large sizes, GPU say.</param>
public sealed class CrossoverChart(string title, IReadOnlyList<Series> series, string slow, string fast) : Figure
{
    public string XLabel { get; init; } = "size";

    public string YLabel { get; init; } = "GFLOP/s";

    public override string Title => title;

    public override string ToSvg()
    {
        double? crossing = Crossover(Find(slow), Find(fast));
        return new LineChart(Title, series)
        {
            XLabel = XLabel,
            YLabel = YLabel,
            LogX = true,
            LogY = true,
            Markers = true,
            Marks = crossing is { } x ? [new(x, $"{fast} ahead from {XLabel} ≈ {Axis.Label(Math.Round(x), 0)}")] : [],
        }.ToSvg();
    }

    /// <summary>
    /// The size from which on <paramref name="fast"/> stays ahead of <paramref name="slow"/>, at sizes that both have;
    /// between two of these log y is taken as linear in log x. Null where it is not ahead at the largest size, or ahead at every size.
    /// </summary>
    public static double? Crossover(Series slow, Series fast)
    {
        (double LogX, double Lead)[] lead = [.. slow.X.Zip(slow.Y)
            .Join(fast.X.Zip(fast.Y), s => s.First, f => f.First, (s, f) => (Math.Log(s.First), Math.Log(f.Second / s.Second)))
                .OrderBy(p => p.Item1)];
        int last = Array.FindLastIndex(lead, p => p.Lead <= 0);
        if (last < 0 || last == lead.Length - 1) return null;
        ((double x0, double y0), (double x1, double y1)) = (lead[last], lead[last + 1]);
        return Math.Exp(x0 + (x1 - x0) * -y0 / (y1 - y0));
    }

    Series Find(string name) => series.FirstOrDefault(s => s.Name == name)
        ?? throw new ArgumentException(
            $"CrossoverChart: no series is named '{name}'; there are {string.Join(", ", series.Select(s => s.Name))}");
}
