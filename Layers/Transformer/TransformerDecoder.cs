namespace NanoAttention;

/// <summary>Decoder blocks one behind the other, with a layer norm at the end if asked. Shapes: targets (b, t, d), memory (b, s, d) → (b, t, d).</summary>
/// <param name="layer">Makes a block.</param>
public sealed class TransformerDecoder(int count, Func<TransformerDecoderLayer> layer, LayerNorm? norm = null) : Module
{
    public IReadOnlyList<TransformerDecoderLayer> Layers { get; } = Blocks.Of(nameof(TransformerDecoder), count, layer);
    public LayerNorm? Norm => norm;

    /// <inheritdoc cref="TransformerDecoderLayer.Forward"/>
    public Tensor Forward(Tensor x, Tensor memory, Tensor? mask = null, Tensor? padding = null, Tensor? memoryMask = null, Tensor? memoryPadding = null, bool causal = false)
    {
        foreach (var block in Layers) x = block.Forward(x, memory, mask, padding, memoryMask, memoryPadding, causal);
        return norm is null ? x : norm.Forward(x);
    }

    /// <summary>The same, bit for bit, with the weights of every block among the targets, (b, h, t, t) each, and on the memory, (b, h, t, s) each.</summary>
    public (Tensor Output, (Tensor Self, Tensor Memory)[] Weights) ForwardWithWeights(Tensor x, Tensor memory, Tensor? mask = null, Tensor? padding = null, Tensor? memoryMask = null, Tensor? memoryPadding = null, bool causal = false)
    {
        var weights = new (Tensor, Tensor)[Layers.Count];
        for (int i = 0; i < weights.Length; i++) (x, weights[i]) = Layers[i].ForwardWithWeights(x, memory, mask, padding, memoryMask, memoryPadding, causal);
        return (norm is null ? x : norm.Forward(x), weights);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new TransformerDecoder(2, () => new(4, 2, inner: 5, dropout: 0, Activation.Gelu), new(4)), (decoder, x) => decoder.Forward(x[0], x[1], causal: true), [[1, 3, 4], [1, 2, 4]]),
    ];
}
