namespace NanoAttention.Tutorials;

/// <summary>The colours of the figures. All are legible on the white card that every figure has.</summary>
public static class Palette
{
    public const string Ink = "#1f2933", Muted = "#616e7c", Grid = "#e4e7eb", Card = "#ffffff", Border = "#d9dee3";

    static readonly string[] Categories = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];

    /// <summary>
    /// The colour of series <paramref name="index"/>: the set of Okabe and Ito (Color Universal Design, 2008), which colour-blind readers
    /// can tell apart.
    /// </summary>
    public static string Category(int index) => Categories[index % Categories.Length];

    /// <summary>From near white (0) to dark blue (1), perceptually uniform: the lightness of OKLab falls linearly.</summary>
    public static string Sequential(double t)
    {
        t = Math.Clamp(t, 0, 1);
        return OkLch(0.985 - 0.655 * t, 0.13 * Math.Pow(Math.Sin(Math.PI * (0.04 + 0.72 * t)), 1.2), 215 + 50 * t);
    }

    /// <summary>From orange (−1) by near white (0) to blue (1), of equal lightness on both sides.</summary>
    public static string Diverging(double t)
    {
        t = Math.Clamp(t, -1, 1);
        double a = Math.Abs(t);
        return OkLch(0.985 - 0.485 * a, 0.12 * Math.Pow(a, 0.8), t < 0 ? 48 : 250);
    }

    /// <summary>The colour of text on a cell of <see cref="Sequential"/>, or of <see cref="Diverging"/>.</summary>
    public static string TextOn(double t, bool diverging = false) => Math.Abs(t) > (diverging ? 0.72 : 0.53) ? "#ffffff" : Ink;

    /// <summary>OKLCH to sRGB, cut to the gamut (Ottosson: A perceptual color space for image processing, 2020). Hue in degrees.</summary>
    static string OkLch(double lightness, double chroma, double hue)
    {
        double a = chroma * Math.Cos(hue * Math.PI / 180), b = chroma * Math.Sin(hue * Math.PI / 180);
        double l = Math.Pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
        double m = Math.Pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
        double s = Math.Pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
        int red = Channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
        int green = Channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
        int blue = Channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
        return $"#{red:x2}{green:x2}{blue:x2}";
    }

    static int Channel(double linear)
    {
        double x = Math.Clamp(linear, 0, 1);
        return (int)Math.Round(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * Math.Pow(x, 1 / 2.4) - 0.055));
    }
}
