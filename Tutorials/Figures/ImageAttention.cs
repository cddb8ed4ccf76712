using System.Globalization;

namespace NanoAttention.Tutorials;

/// <summary>
/// Where a model looks in a picture: each patch is coloured by its weight, from white to dark blue, and the picture lies over it as
/// dots, the larger the brighter the pixel.
/// </summary>
public sealed class ImageAttention : Figure
{
    const double Pixel = 9, Top = 44, Left = 16;

    readonly int height, width, rows, columns;
    readonly float[] pixels, weights;

    /// <param name="pixels">(height, width), each from 0 to 1.</param>
    /// <param name="weights">(rows, columns), 0 or more: a patch each. The picture is cut evenly.</param>
    /// <exception cref="ArgumentException">The picture cannot be cut so, or a number is missing or out of range.</exception>
    public ImageAttention(string title, int height, int width, ReadOnlySpan<float> pixels, int rows, int columns, ReadOnlySpan<float> weights)
    {
        if (rows <= 0 || columns <= 0 || height % rows != 0 || width % columns != 0)
            throw new ArgumentException($"ImageAttention: a picture of {height} × {width} cannot be cut into {rows} × {columns} patches");
        if (pixels.Length != height * width || weights.Length != rows * columns)
            throw new ArgumentException($"ImageAttention: {pixels.Length} pixels and {weights.Length} weights; should be {height * width} and "
                + $"{rows * columns}");
        foreach (float pixel in pixels)
            if (!(pixel >= 0 && pixel <= 1)) throw new ArgumentException($"ImageAttention: the pixel {pixel} is not between 0 and 1");
        foreach (float weight in weights)
            if (!(weight >= 0 && float.IsFinite(weight))) throw new ArgumentException($"ImageAttention: {weight} is not a weight");
        (Title, this.height, this.width, this.rows, this.columns) = (title, height, width, rows, columns);
        (this.pixels, this.weights) = (pixels.ToArray(), weights.ToArray());
    }

    public override string Title { get; }

    public override string ToSvg()
    {
        double patchWidth = Pixel * width / columns, patchHeight = Pixel * height / rows, greatest = weights.Max();
        var svg = new Svg(Math.Max(2 * Left + Pixel * width, Svg.TitleWidth(Title)), Top + Pixel * height + 16, Title);
        for (int i = 0; i < weights.Length; i++)
        {
            int row = i / columns, column = i % columns;
            string tip = $"patch {row.ToString(CultureInfo.InvariantCulture)}, {column.ToString(CultureInfo.InvariantCulture)}: {Axis.Label(weights[i], 3)}";
            string colour = Palette.Sequential(greatest > 0 ? weights[i] / greatest : 0);
            svg.Rect(Left + patchWidth * column, Top + patchHeight * row, patchWidth, patchHeight, colour, tip: tip);
        }
        for (int i = 0; i < pixels.Length; i++)
        {
            double side = 0.8 * Pixel * Math.Sqrt(pixels[i]), margin = (Pixel - side) / 2;
            if (pixels[i] > 0.02)
                svg.Rect(Left + Pixel * (i % width) + margin, Top + Pixel * (i / width) + margin, side, side, Palette.Category(1), radius: side / 2);
        }
        svg.Rect(Left, Top, Pixel * width, Pixel * height, "none", Palette.Border);
        return svg.ToString();
    }
}
