namespace NanoAttention;

/// <summary>
/// The transformer that translates (Vaswani et al. 2017), with the norms before the blocks (Xiong et al. 2020): embeddings times √d plus
/// sinusoidal places, an encoder, a decoder that looks at it, and logits.
/// </summary>
public sealed class TransformerSeq2Seq : Translator
{
    readonly int size;
    readonly Sinusoids places = new();

    public TransformerSeq2Seq(int sourceVocabulary, int targetVocabulary, int size, int heads, int inner, int layers, double dropout = 0.1)
    {
        this.size = size;
        SrcEmbedding = Embed(sourceVocabulary);
        TgtEmbedding = Embed(targetVocabulary);
        Transformer = new(size, heads, layers, layers, inner, dropout, normFirst: true);
        Out = new(size, targetVocabulary);
        Dropout = new(dropout);

        // of variance 1/d, which √d brings to 1
        Embedding Embed(int vocabulary)
        {
            var embedding = new Embedding(vocabulary, size, Pad);
            Initialise.Normal(embedding.Weight, 1 / Math.Sqrt(size));
            embedding.Weight.Detach().Slice(0, Pad, 1).Fill(0);
            return embedding;
        }
    }

    public Embedding SrcEmbedding { get; }
    public Embedding TgtEmbedding { get; }
    public Transformer Transformer { get; }
    public Linear Out { get; }
    public Dropout Dropout { get; }

    // The weights are the means over the heads of the last block.
    private protected override (Tensor Logits, Tensor? Weights) Decode(Tensor source, int[] lengths, Tensor target, bool weighed)
    {
        var (memory, seen) = Encode(source, lengths);
        var x = Place(TgtEmbedding.Forward(target));                                            // (b, t, d)
        if (!weighed) return (Out.Forward(Transformer.Decoder.Forward(x, memory, memoryPadding: seen, causal: true)), null);
        var (y, weights) = Transformer.Decoder.ForwardWithWeights(x, memory, memoryPadding: seen, causal: true);
        return (Out.Forward(y), weights[^1].Memory.Mean(1));                                    // (b, t, vocabulary), (b, t, s)
    }

    private protected override Func<int[], (Tensor Logits, Tensor? Attention)> BeginDecoding(Tensor source, int[] lengths)
    {
        var (memory, seen) = Encode(source, lengths);
        var written = new List<Tensor>();                                                       // t × (b)
        return last =>
        {
            written.Add(Tensor.From(last, [last.Length], source.Device));
            var target = Place(TgtEmbedding.Forward(Tensor.Stack([.. written], 1)));           // (b, t, d)
            var (y, weights) = Transformer.Decoder.ForwardWithWeights(target, memory, memoryPadding: seen, causal: true);
            return (Out.Forward(y.Select(1, -1)), weights[^1].Memory.Mean(1).Select(1, -1));    // (b, vocabulary), (b, s)
        };
    }

    // (b, s) → (b, s, d), and (b, s) true where there is something to see
    (Tensor Memory, Tensor Seen) Encode(Tensor source, int[] lengths)
    {
        var seen = Padding.Mask(lengths, source.Shape[1], source.Device);
        return (Transformer.Encoder.Forward(Place(SrcEmbedding.Forward(source)), padding: seen), seen);
    }

    Tensor Place(Tensor x) => Dropout.Forward(places.Forward(x * Math.Sqrt(size)));

    internal static Case[] Cases =>
    [
        Case.Of(() => new TransformerSeq2Seq(5, 6, size: 4, heads: 2, inner: 6, layers: 1, dropout: 0), (model, x) => model.Forward(x[0], [4, 2], x[1]), [Input.Indices(5, [2, 4]) with { Low = 1 }, Input.Indices(6, [2, 3]) with { Low = 1 }]) with
        {
            Timed = Case.Of(() => new TransformerSeq2Seq(60, 60, 128, 4, 512, 2, 0), (model, x) => model.Forward(x[0], [.. Enumerable.Repeat(24, 32)], x[1]),
                [Input.Indices(60, [32, 24]), Input.Indices(60, [32, 11])]),
        },
    ];
}
