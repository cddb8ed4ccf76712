namespace NanoAttention;

/// <summary>
/// Adds to every vector a trained vector of its place (Gehring et al. 2017, §3.1). The place is looked up, not the symbol that stands
/// there. Shapes: (…, time, size) → the same; time at most count.
/// </summary>
public sealed class LearnedPositions(int count, int size) : Layer
{
    /// <summary>(count, size)</summary>
    public Tensor Weight { get; } = Initialise.Normal(Initialise.Parameter([count, size]));

    public override Tensor Forward(Tensor x) => Forward(x, offset: 0);

    /// <param name="offset">The place of the first vector.</param>
    public Tensor Forward(Tensor x, int offset)
    {
        if (x.Rank < 2 || x.Shape[^1] != size || offset + x.Shape[^2] > count)
            throw new ArgumentException(
                $"LearnedPositions: the input {x.Shape} from place {offset} on must be (…, time, {size}) within {count} places");
        return x + Weight.Slice(0, offset, x.Shape[^2]);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new LearnedPositions(5, 3), (places, x) => places.Forward(x[0], offset: 1), [[2, 4, 3]]),
    ];
}
