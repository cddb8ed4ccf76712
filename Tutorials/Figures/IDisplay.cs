namespace NanoAttention.Tutorials;

/// <summary>
/// A value that a notebook shows as more than text: a cell that ends in one, or hands it to <c>Display</c>, stores the
/// bundle as its output.
/// </summary>
public interface IDisplay
{
    /// <summary>
    /// Mime type → content: <c>image/svg+xml</c> and <c>text/html</c> as markup, <c>image/png</c> in base64.
    /// Where <c>text/plain</c> is missing, <see cref="object.ToString"/> stands in; where an SVG comes without HTML,
    /// the HTML shows it as an image, with the text as its alternative.
    /// </summary>
    IReadOnlyDictionary<string, string> MimeBundle { get; }
}
