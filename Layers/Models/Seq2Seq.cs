namespace NanoAttention;

/// <summary>
/// An LSTM that reads in both directions, and one that writes, looking back at what was read with additive attention (Bahdanau, Cho
/// and Bengio 2015):
/// <code>
/// s₀ = tanh(init_h [h→; h←]),  c₀ = tanh(init_c [h→; h←])
/// context = attention(s, states),  (s, c) = LSTM([y₋₁; context], (s, c)),  logits = out [s; context; y₋₁]
/// </code>
/// Without attention the context is [h→; h←] at every step (Cho et al. 2014).
/// </summary>
public sealed class Seq2Seq : Translator
{
    /// <param name="attention">The size of the attention's inner layer; none: no attention.</param>
    /// <param name="dropout">In training, the probability of dropping a number of an embedding or of what the logits are made of.</param>
    public Seq2Seq(int sourceVocabulary, int targetVocabulary, int embedding, int hidden, int? attention, double dropout = 0)
    {
        SrcEmbedding = new(sourceVocabulary, embedding, Pad);
        TgtEmbedding = new(targetVocabulary, embedding, Pad);
        Encoder = new(embedding, hidden, bidirectional: true);
        InitH = new(2 * hidden, hidden);
        InitC = new(2 * hidden, hidden);
        Attention = attention is { } size ? new(hidden, 2 * hidden, size) : null;
        Decoder = new(embedding + 2 * hidden, hidden);
        Out = new(hidden + 2 * hidden + embedding, targetVocabulary);
        Dropout = new(dropout);
    }

    public Embedding SrcEmbedding { get; }
    public Embedding TgtEmbedding { get; }
    public Lstm Encoder { get; }
    public Linear InitH { get; }
    public Linear InitC { get; }

    [Name("attn_")]
    public AdditiveAttention? Attention { get; }

    public LstmCell Decoder { get; }
    public Linear Out { get; }
    public Dropout Dropout { get; }

    private protected override (Tensor Logits, Tensor? Weights) Decode(Tensor source, int[] lengths, Tensor target, bool weighed)
    {
        var memory = Encode(source, lengths);
        var (h, c) = memory.Start;
        var embedded = Dropout.Forward(TgtEmbedding.Forward(target.Transpose())).Unbind();          // t × (b, e)
        var features = new Tensor[embedded.Length];
        var weights = new List<Tensor>();
        for (int t = 0; t < embedded.Length; t++)
        {
            var (context, looked) = Look(h, memory);                                                // (b, 2h), (b, s)
            if (weighed && looked is not null) weights.Add(looked);
            (h, c) = Decoder.Forward(Tensor.Concat([embedded[t], context], -1), (h, c));            // (b, h)
            features[t] = Tensor.Concat([h, context, embedded[t]], -1);                             // (b, 3h + e)
        }
        var logits = Out.Forward(Dropout.Forward(Tensor.Stack(features))).Transpose(0, 1);          // (b, t, vocabulary)
        return (logits, weights.Count == 0 ? null : Tensor.Stack([.. weights], 1));                 // (b, t, vocabulary), (b, t, s)
    }

    private protected override Func<int[], (Tensor Logits, Tensor? Attention)> BeginDecoding(Tensor source, int[] lengths)
    {
        var memory = Encode(source, lengths);
        var (h, c) = memory.Start;
        return last =>
        {
            var embedded = TgtEmbedding.Forward(Tensor.From(last, [last.Length], source.Device));   // (b, e)
            var (context, weights) = Look(h, memory);                                               // (b, 2h), (b, s)
            (h, c) = Decoder.Forward(Tensor.Concat([embedded, context], -1), (h, c));               // (b, h)
            return (Out.Forward(Tensor.Concat([h, context, embedded], -1)), weights);               // (b, vocabulary)
        };
    }

    /// <summary>What was read: states (b, s, 2h), the same projected for the attention, the last state of each direction (b, 2h), and where there is something to read.</summary>
    sealed record Memory(Tensor States, Tensor? Projected, Tensor Last, Tensor Mask, (Tensor H, Tensor C) Start);

    Memory Encode(Tensor source, int[] lengths)
    {
        var (states, (h, _)) = Encoder.Forward(Dropout.Forward(SrcEmbedding.Forward(source)), lengths: lengths);
        var last = Tensor.Concat([h.Select(0, 0), h.Select(0, 1)], -1);                             // (b, 2h)
        var start = (InitH.Forward(last, Activation.Tanh), InitC.Forward(last, Activation.Tanh)); // (b, h)
        return new(states, Attention?.Project(states), last, Padding.Mask(lengths, source.Shape[1], source.Device), start);
    }

    (Tensor Context, Tensor? Weights) Look(Tensor h, Memory memory) =>
        Attention is null ? (memory.Last, null) : Attention.Attend(h, memory.Projected!, memory.States, memory.Mask);

    // Tokens from 1: padding, 0, is looked up but has no gradient by convention.
    internal static Case[] Cases =>
    [
        Case.Of(() => new Seq2Seq(5, 6, 3, 2, 3), (model, x) => model.Forward(x[0], [4, 2], x[1]), [Input.Indices(5, [2, 4]) with { Low = 1 }, Input.Indices(6, [2, 3]) with { Low = 1 }]) with
        {
            Timed = Case.Of(() => new Seq2Seq(60, 60, 32, 128, 64), (model, x) => model.Forward(x[0], [.. Enumerable.Repeat(24, 32)], x[1]),
                [Input.Indices(60, [32, 24]), Input.Indices(60, [32, 11])]),
        },
        Case.Of(() => new Seq2Seq(5, 6, 3, 2, null), (model, x) => model.Forward(x[0], [4, 2], x[1]), [Input.Indices(5, [2, 4]) with { Low = 1 }, Input.Indices(6, [2, 3]) with { Low = 1 }]),
    ];
}
