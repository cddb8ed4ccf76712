using System.Globalization;

namespace NanoAttention.Tutorials;

/// <summary>A value on an axis, with its label.</summary>
public readonly record struct Tick(double Value, string Label);

/// <summary>Maps values to places on a line, linearly or by logarithm, with ticks at round values.</summary>
public sealed class Axis
{
    readonly double min, max;
    readonly bool log;

    Axis(double min, double max, bool log, IEnumerable<Tick> ticks)
    {
        (this.min, this.max, this.log) = (min, max, log);
        double tolerance = 1e-9 * (max - min);
        Ticks = [.. ticks.Where(t => Scale(t.Value) >= min - tolerance && Scale(t.Value) <= max + tolerance)];
    }

    public IReadOnlyList<Tick> Ticks { get; }

    /// <summary>0 at the axis's begin, 1 at its end.</summary>
    public double Place(double value) => (Scale(value) - min) / (max - min);

    /// <summary>
    /// About <paramref name="count"/> ticks at multiples of 1, 2 or 5 times a power of ten
    /// (Heckbert: Nice numbers for graph labels, Graphics Gems, 1990).
    /// </summary>
    /// <param name="toTicks">Whether the axis begins and ends at ticks, or at the values themselves.</param>
    public static Axis Linear(double least, double most, int count = 6, bool toTicks = true)
    {
        if (!(double.IsFinite(least) && double.IsFinite(most))) (least, most) = (0, 1);
        if (least == most) (least, most) = (least - Math.Max(0.5, Math.Abs(least) / 2), most + Math.Max(0.5, Math.Abs(most) / 2));
        double step = NiceStep((most - least) / Math.Max(1, count - 1));
        long first = (long)Math.Floor(least / step + 1e-9), last = (long)Math.Ceiling(most / step - 1e-9);
        int places = Math.Clamp(-(int)Math.Floor(Math.Log10(step) + 1e-9), 0, 12);
        IEnumerable<Tick> ticks = Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)
            .Select(v => new Tick(v, Label(v, places)));
        return toTicks ? new(first * step, last * step, false, ticks) : new(least, most, false, ticks);
    }

    /// <summary>
    /// Ticks at powers of ten, with 2 and 5 between them where fewer than three decades are shown; values that are not positive have no
    /// place.
    /// </summary>
    public static Axis Logarithmic(double least, double most)
    {
        if (!(least > 0 && double.IsFinite(most))) (least, most) = (1, 10);
        double low = Math.Log10(least), high = Math.Log10(most), margin = Math.Max(0.04 * (high - low), 0.02);
        (low, high) = (low - margin, high + margin);
        int stride = (int)Math.Max(1, Math.Ceiling((high - low) / 8));
        double[] digits = (high - low) switch { < 0.7 => [1, 1.5, 2, 3, 4, 5, 6, 8], < 3 => [1, 2, 5], _ => [1] };
        IEnumerable<Tick> ticks =
            from decade in Enumerable.Range((int)Math.Floor(low), (int)(Math.Ceiling(high) - Math.Floor(low)) + 1)
            where decade % stride == 0
            from digit in digits
            let value = digit * Math.Pow(10, decade)
            select new Tick(value, Label(value, Math.Clamp(1 - decade, 0, 12)));
        return new(low, high, true, ticks);
    }

    /// <summary>A number for people: thousands with k, M, G; tiny ones with an exponent.</summary>
    public static string Label(double value, int places)
    {
        double size = Math.Abs(value);
        (double unit, string letter) = size switch { >= 1e9 => (1e9, "G"), >= 1e6 => (1e6, "M"), >= 1e4 => (1e3, "k"), _ => (1, "") };
        string format = "0." + new string('#', unit == 1 ? places : 3);
        string text = (value / unit).ToString(format, CultureInfo.InvariantCulture);
        if (value == 0) return "0";
        if (size < 1e-4 || text is "0" or "-0") return value.ToString("0.#e-0", CultureInfo.InvariantCulture);
        return text.Replace('-', '−') + letter;
    }

    double Scale(double value) => log ? Math.Log10(value) : value;

    static double NiceStep(double step)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(step))), digit = step / power;
        return power * (digit < 1.5 ? 1 : digit < 3 ? 2 : digit < 7 ? 5 : 10);
    }
}
