namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>a + w (b − a), computed from the nearer end, so that w = 0 gives a and w = 1 gives b exactly; a is this tensor.</summary>
    public Tensor Lerp(Tensor b, Tensor weight)
    {
        var way = b - this;
        return Where(weight < 0.5, this + weight * way, b - (1 - weight) * way);
    }

    /// <inheritdoc cref="Lerp(Tensor, Tensor)"/>
    public Tensor Lerp(Tensor b, double weight) => Lerp(b, Constant(weight));

    static Case[] LerpCases =>
    [
        Case.Of((a, b, w) => a.Lerp(b, w), [3, 5], [5], [3, 1]),
        Case.Of((a, b) => a.Lerp(b, 0.75), [3, 1], [3, 5]),
    ];
}
