namespace NanoAttention;

/// <summary>
/// An encoder and a decoder that looks at what it made (Vaswani et al. 2017), each with a layer norm at its end; matrices start
/// Xavier uniform. Shapes: source (b, s, d), target (b, t, d) → (b, t, d).
/// </summary>
public sealed class Transformer : Module
{
    public Transformer(int size, int heads, int encoderLayers = 6, int decoderLayers = 6, int inner = 2048, double dropout = 0.1, Activation activation = Activation.Relu, bool normFirst = false,
        double epsilon = 1e-5)
    {
        Encoder = new(encoderLayers, () => new(size, heads, inner, dropout, activation, normFirst, epsilon), new(size, epsilon));
        Decoder = new(decoderLayers, () => new(size, heads, inner, dropout, activation, normFirst, epsilon), new(size, epsilon));
        foreach (var p in Parameters().Where(p => p.Rank > 1)) Initialise.XavierUniform(p);
    }

    public TransformerEncoder Encoder { get; }
    public TransformerDecoder Decoder { get; }

    /// <summary>Masks as the blocks take them: padding (b, s) or (b, t) Bool, true at the places that are none.</summary>
    public Tensor Forward(Tensor source, Tensor target, Tensor? sourcePadding = null, Tensor? targetPadding = null, bool causal = true) =>
        Decoder.Forward(target, Encoder.Forward(source, padding: sourcePadding), padding: targetPadding, memoryPadding: sourcePadding, causal: causal);

    /// <summary>The same, bit for bit, with the weights of every block of the encoder, (b, h, s, s) each, and of the decoder.</summary>
    public (Tensor Output, Tensor[] Encoder, (Tensor Self, Tensor Memory)[] Decoder) ForwardWithWeights(Tensor source, Tensor target, Tensor? sourcePadding = null, Tensor? targetPadding = null, bool causal = true)
    {
        var (memory, encoder) = Encoder.ForwardWithWeights(source, padding: sourcePadding);
        var (y, decoder) = Decoder.ForwardWithWeights(target, memory, padding: targetPadding, memoryPadding: sourcePadding, causal: causal);
        return (y, encoder, decoder);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new Transformer(4, 2, 1, 1, inner: 5, dropout: 0, Activation.Gelu), (model, x) => model.Forward(x[0], x[1]), [[1, 3, 4], [1, 2, 4]]),
    ];
}
