using System.Globalization;
using System.Text;

namespace NanoAttention;

/// <summary>One slope that <see cref="GradCheck"/> looked at: along one coordinate of an input, or along a random direction.</summary>
/// <param name="Input">The input's name.</param>
/// <param name="Index">The coordinate, counted through the input's elements in order; −1 for a random direction.</param>
/// <param name="At">The coordinate's value; NaN for a direction.</param>
/// <param name="Analytic">The backward pass's slope.</param>
public sealed record GradSlope(string Input, int Index, double At, double Analytic)
{
    /// <summary>Which element it is, as the input itself counts: [1, 2] in a matrix.</summary>
    public string Place { get; init; } = "";

    /// <summary>The step h.</summary>
    public double Step { get; init; }

    /// <summary>D4(h), the central difference with the whole step.</summary>
    public double Whole { get; init; }

    /// <summary>D4(h/2), the central difference with half the step.</summary>
    public double Half { get; init; }

    /// <summary>The largest error that passes.</summary>
    public double Bound { get; init; }

    /// <summary>The error in units of the bound; above 1 is a failure.</summary>
    public double Ratio { get; init; }

    /// <summary>The slopes of the two sides add up to somewhere between Low and High. The same number away from a kink.</summary>
    public (double Low, double High) Sides { get; init; }

    /// <summary>The function has a kink here: the slopes of its two sides differ.</summary>
    public bool Kink { get; init; }

    /// <summary>What kept the slope from being measured, or null.</summary>
    public string? Trouble { get; init; }

    public bool Passed => Trouble is null && Ratio <= 1;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Where}: {Finding}");

    string Where => Index < 0 ? $"{Input}, along a random direction" : string.Create(CultureInfo.InvariantCulture, $"{Input}{Place} = {At:G6}");

    string Finding =>
        Trouble is not null ? string.Create(CultureInfo.InvariantCulture, $"{Trouble} (analytic slope {Analytic:G12})") :
        Kink ? string.Create(CultureInfo.InvariantCulture, $"a kink, where the analytic slope {Analytic:G12} {(Passed ? "lies" : "does not lie")} between the slopes of the two sides, {Sides.Low:G12} and {Sides.High:G12}") :
        string.Create(CultureInfo.InvariantCulture, $"analytic slope {Analytic:G12}, numeric {Whole:G12} (h = {Step:G2}) and {Half:G12} (h/2); error {Math.Abs(Analytic - Half):G2}, bound {Bound:G2}");
}

/// <summary>What <see cref="GradCheck"/> found.</summary>
public sealed class GradReport
{
    readonly string what;
    readonly string? trouble;

    internal GradReport(string what, IReadOnlyList<GradSlope> slopes, string? trouble = null) => (this.what, Slopes, this.trouble) = (what, slopes, trouble);

    /// <summary>Every slope that was checked, input by input.</summary>
    public IReadOnlyList<GradSlope> Slopes { get; }

    public bool Passed => trouble is null && Slopes.All(s => s.Passed);

    /// <summary>The slope with the largest error in units of its bound; null where nothing was checked.</summary>
    public GradSlope? Worst => Slopes.MaxBy(s => s.Trouble is null ? s.Ratio : double.PositiveInfinity);

    /// <summary>The largest error in units of its bound: at most 1 where the check passed.</summary>
    public double WorstRatio => trouble is not null || Worst?.Trouble is not null ? double.PositiveInfinity : Worst?.Ratio ?? 0;

    /// <summary>The coordinates at which the function has a kink.</summary>
    public IEnumerable<GradSlope> Kinks => Slopes.Where(s => s.Kink);

    /// <summary>Throws with the report as the message unless the check passed.</summary>
    public GradReport ThrowIfFailed() => Passed ? this : throw new InvalidOperationException(ToString());

    public override string ToString()
    {
        if (trouble is not null) return $"{what} check failed: {trouble}";
        int failed = Slopes.Count(s => !s.Passed);
        var text = new StringBuilder();
        text.Append(failed == 0 ? $"{what} check passed: {Slopes.Count} slopes" : $"{what} check failed at {failed} of {Slopes.Count} slopes");
        if (Worst is { } worst) text.Append(CultureInfo.InvariantCulture, $"; worst ({WorstRatio:G3} of its bound) {worst}");
        foreach (var kink in Kinks.Where(k => k != Worst).Take(3)) text.Append($"\n  {kink}");
        if (Kinks.Count() > 4) text.Append($"\n  … {Kinks.Count()} kinks in all");
        return text.ToString();
    }
}
