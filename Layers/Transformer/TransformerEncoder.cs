namespace NanoAttention;

/// <summary>Encoder blocks one behind the other, with a layer norm at the end if asked (as <c>normFirst</c> blocks need it). Shapes: (b, s, d) → (b, s, d).</summary>
/// <param name="layer">Makes a block.</param>
public sealed class TransformerEncoder(int count, Func<TransformerEncoderLayer> layer, LayerNorm? norm = null) : Module
{
    public IReadOnlyList<TransformerEncoderLayer> Layers { get; } = Blocks.Of(nameof(TransformerEncoder), count, layer);
    public LayerNorm? Norm => norm;

    /// <inheritdoc cref="TransformerEncoderLayer.Forward"/>
    public Tensor Forward(Tensor x, Tensor? mask = null, Tensor? padding = null, bool causal = false)
    {
        foreach (var block in Layers) x = block.Forward(x, mask, padding, causal);
        return norm is null ? x : norm.Forward(x);
    }

    /// <summary>The same, bit for bit, with the weights of every block, (b, h, s, s) each.</summary>
    public (Tensor Output, Tensor[] Weights) ForwardWithWeights(Tensor x, Tensor? mask = null, Tensor? padding = null, bool causal = false)
    {
        var weights = new Tensor[Layers.Count];
        for (int i = 0; i < weights.Length; i++) (x, weights[i]) = Layers[i].ForwardWithWeights(x, mask, padding, causal);
        return (norm is null ? x : norm.Forward(x), weights);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new TransformerEncoder(2, () => new(4, 2, inner: 5, dropout: 0, Activation.Gelu), new(4)), (encoder, x) => encoder.Forward(x[0]), [[1, 3, 4]]),
    ];
}
