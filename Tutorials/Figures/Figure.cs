namespace NanoAttention.Tutorials;

/// <summary>A drawing that a notebook or page shows as SVG.</summary>
public abstract class Figure : IDisplay
{
    /// <summary>What stands above the drawing.</summary>
    public abstract string Title { get; }

    /// <summary>
    /// The whole drawing as one <c>svg</c> element on a white card, without identifiers, scripts or references, so that many fit on one
    /// page.
    /// </summary>
    public abstract string ToSvg();

    IReadOnlyDictionary<string, string> IDisplay.MimeBundle => new Dictionary<string, string> { ["image/svg+xml"] = ToSvg() };

    /// <summary>The kind of drawing and its title.</summary>
    public override string ToString() => $"{GetType().Name}: {Title}";
}
