namespace NanoAttention;

/// <summary>
/// One vector for each bag of symbols: the sum, the mean or the largest of their trained vectors. Shapes: indices (bags, size) I32, or
/// (count) with the offsets (bags) where each begins → (bags, size of a vector). Starts Gaussian; the row <c>padding</c>, if there is one,
/// starts at 0, gets no gradient and does not count.
/// </summary>
public sealed class EmbeddingBag(int count, int size, Bag bag = Bag.Mean, int? padding = null) : Module
{
    /// <summary>(count, size)</summary>
    public Tensor Weight { get; } = new Embedding(count, size, padding).Weight;

    /// <summary>Weights, of the indices' shape, are for sums alone.</summary>
    public Tensor Forward(Tensor indices, Tensor? offsets = null, Tensor? weights = null) =>
        Weight.GatherBags(indices, bag, offsets, weights, padding);

    internal static Case[] Cases =>
    [
        Case.Of(() => new EmbeddingBag(5, 3), (bag, x) => bag.Forward(x[0]), [Input.Indices(5, [2, 4])]),
        Case.Of(() => new EmbeddingBag(5, 3, Bag.Sum), (bag, x) => bag.Forward(x[0], weights: x[1]), [Input.Indices(5, [2, 4]), [2, 4]]),
        Case.Of(() => new EmbeddingBag(5, 3, Bag.Max, padding: 0), (bag, x) => bag.Forward(x[0]), [Input.Indices(5, [2, 4])]),
    ];
}
