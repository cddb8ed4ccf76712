namespace NanoAttention;

/// <summary>
/// What is added to the scores for where query and key stand, whatever they hold. Shapes: → (h, queries, keys), for a first query at
/// place <c>offset</c> and a first key at 0.
/// </summary>
public abstract class PositionBias : Module
{
    public abstract Tensor Forward(int queries, int keys, int offset = 0);
}
