namespace NanoAttention;

/// <summary>
/// A trained vector for each of <c>count</c> symbols. Shapes: indices (…) I32 → (…, size). Starts Gaussian. The row
/// <c>padding</c>, if there is one, starts at 0 and gets no gradient.
/// </summary>
public sealed class Embedding : Layer
{
    readonly int? padding;

    public Embedding(int count, int size, int? padding = null)
    {
        if (padding is { } row && (uint)row >= (uint)count) throw new ArgumentOutOfRangeException(nameof(padding), $"Embedding: the padding index {row} is not between 0 and {count - 1}");
        this.padding = padding;
        Weight = Initialise.Normal(Initialise.Parameter([count, size]));
        if (padding is { } p) Weight.Detach().Slice(0, p, 1).Fill(0);
    }

    /// <summary>(count, size)</summary>
    public Tensor Weight { get; }

    public override Tensor Forward(Tensor indices)
    {
        try { return Weight.Gather(indices, padding); }
        catch (ArgumentException e) { throw new ArgumentException($"Embedding: {e.Message}", e); }
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new Embedding(5, 3), (embedding, x) => embedding.Forward(x[0]), [Input.Indices(5, [2, 4])]) with
        {
            Timed = Case.Of(() => new Embedding(10_000, 256), (embedding, x) => embedding.Forward(x[0]), [Input.Indices(10_000, [64, 32])]),
        },
        Case.Of(() => new Embedding(5, 3), (embedding, x) => embedding.Forward(x[0]) * x[1], [Input.Indices(5, [6]), [6, 1]]),
    ];
}
