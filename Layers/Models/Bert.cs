namespace NanoAttention;

/// <summary>The sizes of a <see cref="Bert"/>; those given are BERT base's (Devlin et al. 2019).</summary>
public sealed record BertConfig(int Vocabulary, int Size = 768, int Layers = 12, int Heads = 12, int Inner = 3072, int Positions = 512, int Types = 2,
    double Dropout = 0.1, double Epsilon = 1e-12);

/// <summary>
/// An encoder that sees both ways, trained to fill in masked words and to tell whether one sentence follows another (Devlin et al. 2019,
/// §3.1). The masked words' output layer shares the embedding's weight. All weights begin as N(0, 0.02), biases as 0.
/// Hugging Face's files are read by <see cref="WeightLayout.Bert"/>.
/// </summary>
public sealed class Bert : Module
{
    readonly BertConfig config;

    public Bert(BertConfig config)
    {
        this.config = config;
        Body = new(config);
        Cls = new(config);
        foreach (var (name, p) in Named())
            if (p.Rank >= 2) Initialise.Normal(p, 0.02);
            else if (name.EndsWith("bias", StringComparison.Ordinal)) Initialise.Constant(p, 0);
    }

    [Name("bert")]
    public BertBody Body { get; }

    public BertHeads Cls { get; }

    /// <summary>
    /// ids (b, s) I32, s ≤ positions → for every place the scores of the words, (b, s, vocabulary), and whether the second sentence follows
    /// the first, (b, 2).
    /// </summary>
    /// <param name="types">(b, s) I32, which sentence a word belongs to; all 0 unless given.</param>
    /// <param name="padding">(b, s) Bool, true at the places that are no padding.</param>
    public (Tensor Words, Tensor Next) Forward(Tensor ids, Tensor? types = null, Tensor? padding = null)
    {
        var (hidden, pooled) = Body.Forward(ids, types, padding);
        return Cls.Forward(hidden, pooled, Body.Embeddings.WordEmbeddings.Weight);
    }

    /// <summary>The mean cross entropy of the masked words plus that of the sentences' order.</summary>
    /// <param name="words">(b, s) I32, the words that were masked; −100 elsewhere.</param>
    /// <param name="next">(b) I32, 0 where the second sentence follows.</param>
    public Tensor Loss(Tensor ids, Tensor words, Tensor next, Tensor? types = null, Tensor? padding = null)
    {
        var (wordScores, nextScores) = Forward(ids, types, padding);
        return wordScores.CrossEntropy(words) + nextScores.CrossEntropy(next);
    }

    /// <summary>The parameters in two groups: matrices, which decay, and vectors, which do not.</summary>
    public ParameterGroup[] DecayGroups(double decay) =>
    [
        new(Parameters().Where(p => p.Rank >= 2)) { Decay = decay },
        new(Parameters().Where(p => p.Rank < 2)) { Decay = 0 },
    ];

    static BertConfig Tiny => new(6, Size: 4, Layers: 1, Heads: 2, Inner: 5, Positions: 4, Dropout: 0);

    internal static Case[] Cases =>
    [
        Case.Of(() => new Bert(Tiny), (bert, x) => bert.Loss(x[0], x[1], x[2], x[3], x[4]),
            [Input.Indices(6, [2, 3]), Input.Indices(6, [2, 3]), Input.Indices(2, [2]), Input.Indices(2, [2, 3]), Input.Mask([2, 3])]) with
        {
            Timed = Case.Of(() => new Bert(new(1000, 128, 2, 4, 512, 64)), (bert, x) => bert.Loss(x[0], x[1], x[2]),
                [Input.Indices(1000, [8, 64]), Input.Indices(1000, [8, 64]), Input.Indices(2, [8])]),
        },
    ];
}

/// <summary>Embeddings, encoder blocks (norm behind, exact GELU), and the first place's state for the whole: (b, s) → (b, s, d) and (b, d).</summary>
public sealed class BertBody(BertConfig config) : Module
{
    public BertEmbeddings Embeddings { get; } = new(config);
    public TransformerEncoder Encoder { get; } = new(config.Layers, () => new(config.Size, config.Heads, config.Inner, config.Dropout, Activation.Gelu, epsilon: config.Epsilon));
    public BertPooler Pooler { get; } = new(config);

    /// <inheritdoc cref="Bert.Forward"/>
    public (Tensor Hidden, Tensor Pooled) Forward(Tensor ids, Tensor? types = null, Tensor? padding = null)
    {
        var hidden = Encoder.Forward(Embeddings.Forward(ids, types), padding: padding);
        return (hidden, Pooler.Forward(hidden));
    }

    /// <summary>The same, bit for bit, with the weights of every block, (b, h, s, s) each.</summary>
    public (Tensor Hidden, Tensor Pooled, Tensor[] Weights) ForwardWithWeights(Tensor ids, Tensor? types = null, Tensor? padding = null)
    {
        var (hidden, weights) = Encoder.ForwardWithWeights(Embeddings.Forward(ids, types), padding: padding);
        return (hidden, Pooler.Forward(hidden), weights);
    }

    internal static Case[] Cases =>
        [Case.Of(() => new BertBody(new(6, 4, 1, 2, 5, 4, Dropout: 0)), (body, x) => body.Forward(x[0]).Pooled, [Input.Indices(6, [2, 3])])];
}

/// <summary>LN(word + place + sentence): (b, s) → (b, s, d).</summary>
public sealed class BertEmbeddings(BertConfig config) : Module
{
    public Embedding WordEmbeddings { get; } = new(config.Vocabulary, config.Size);
    public Embedding PositionEmbeddings { get; } = new(config.Positions, config.Size);
    public Embedding TokenTypeEmbeddings { get; } = new(config.Types, config.Size);
    [Name("LayerNorm")]
    public LayerNorm Norm { get; } = new(config.Size, config.Epsilon);
    public Dropout Dropout { get; } = new(config.Dropout);

    /// <inheritdoc cref="Bert.Forward"/>
    public Tensor Forward(Tensor ids, Tensor? types = null)
    {
        if (ids.Rank != 2 || ids.Shape[1] > config.Positions)
            throw new ArgumentException($"Bert: the ids {ids.Shape} must be (batch, places) with at most {config.Positions} places");
        if (types is not null && types.Shape != ids.Shape) throw new ArgumentException($"Bert: the types {types.Shape} do not fit the ids {ids.Shape}; they must be of one shape");
        var places = PositionEmbeddings.Weight.Slice(0, 0, ids.Shape[1]);
        var sentence = types is null ? TokenTypeEmbeddings.Weight.Select(0, 0) : TokenTypeEmbeddings.Forward(types);
        return Dropout.Forward(Norm.Forward(WordEmbeddings.Forward(ids) + places + sentence));
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new BertEmbeddings(new(6, 4, Positions: 4, Dropout: 0)), (embeddings, x) => embeddings.Forward(x[0], x[1]), [Input.Indices(6, [2, 3]), Input.Indices(2, [2, 3])]),
    ];
}

/// <summary>tanh(W h₀ + b) of the first place: (b, s, d) → (b, d).</summary>
public sealed class BertPooler(BertConfig config) : Layer
{
    public Linear Dense { get; } = new(config.Size, config.Size);

    public override Tensor Forward(Tensor x) => Dense.Forward(x.Select(1, 0), Activation.Tanh);

    internal static Case[] Cases => [Case.Of(() => new BertPooler(new(6, 4)), (pooler, x) => pooler.Forward(x[0]), [[2, 3, 4]])];
}

/// <summary>The two tasks' output layers: (b, s, d), (b, d) and the embeddings (vocabulary, d) → (b, s, vocabulary) and (b, 2).</summary>
public sealed class BertHeads(BertConfig config) : Module
{
    [Name("predictions.transform.dense")]
    public Linear Dense { get; } = new(config.Size, config.Size);
    [Name("predictions.transform.LayerNorm")]
    public LayerNorm Norm { get; } = new(config.Size, config.Epsilon);
    [Name("predictions.bias")]
    public Tensor Bias { get; } = Initialise.Parameter([config.Vocabulary]);
    public Linear SeqRelationship { get; } = new(config.Size, 2);

    /// <inheritdoc cref="BertHeads"/>
    public (Tensor Words, Tensor Next) Forward(Tensor hidden, Tensor pooled, Tensor embeddings) =>
        (Norm.Forward(Dense.Forward(hidden, Activation.Gelu)).Linear(embeddings, Bias), SeqRelationship.Forward(pooled));

    internal static Case[] Cases =>
        [Case.Of(() => new BertHeads(new(6, 4)), (heads, x) => heads.Forward(x[0], x[1], x[2]).Words, [[2, 3, 4], [2, 4], [6, 4]])];
}
