using System.Globalization;

namespace NanoAttention.Benchmarks;

/// <summary>Numbers for people, three digits each.</summary>
static class Units
{
    /// <summary>Seconds, in ns, µs, ms or s.</summary>
    public static string Time(double seconds) => seconds switch
    {
        < 1e-6 => $"{Digits(seconds * 1e9)} ns",
        < 1e-3 => $"{Digits(seconds * 1e6)} µs",
        < 1 => $"{Digits(seconds * 1e3)} ms",
        _ => $"{Digits(seconds)} s",
    };

    public static string Percent(double fraction) => string.Create(CultureInfo.InvariantCulture, $"{100 * fraction:0}%");

    /// <summary>A number of any size without an exponent.</summary>
    public static string Digits(double value) => value.ToString(value switch { < 10 => "0.00", < 100 => "0.0", _ => "0" }, CultureInfo.InvariantCulture);

    public static string Bytes(int bytes) => bytes switch { >= 1 << 20 => $"{bytes >> 20} MiB", >= 1 << 10 => $"{bytes >> 10} KiB", _ => $"{bytes} B" };
}
