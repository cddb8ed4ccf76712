namespace NanoAttention.Tutorials;

/// <summary>A drawing that a notebook or page shows as SVG.</summary>
public abstract class Figure
{
    /// <summary>The whole drawing as one <c>svg</c> element on a white card, without identifiers, scripts or references, so that many fit on one page.</summary>
    public abstract string ToSvg();
}
