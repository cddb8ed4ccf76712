namespace NanoAttention;

/// <summary>The sizes of a <see cref="Gpt"/>; those given are nanoGPT's for a processor.</summary>
public sealed record GptConfig(int Vocabulary, int Block = 64, int Layers = 4, int Heads = 4, int Size = 128, double Dropout = 0, bool Bias = false,
    Activation Activation = Activation.Gelu);

/// <summary>
/// A language model that sees only what came before (Radford et al. 2019), with the names, layouts and start of nanoGPT (A. Karpathy):
/// all weights N(0, 0.02), those that end a residual branch N(0, 0.02/√(2 layers)); the output layer shares the embedding's weight.
/// Shapes: ids (b, t) I32, t ≤ block → logits (b, t, vocabulary).
/// </summary>
public sealed class Gpt : Module
{
    public Gpt(GptConfig config)
    {
        Config = config;
        Transformer = new(config);
        foreach (var (name, p) in Named())
        {
            if (p.Rank >= 2) Initialise.Normal(p, name.EndsWith("c_proj.weight", StringComparison.Ordinal) ? 0.02 / Math.Sqrt(2 * config.Layers) : 0.02);
            else if (name.EndsWith("bias", StringComparison.Ordinal)) Initialise.Constant(p, 0);
        }
    }

    public GptConfig Config { get; }
    public GptBody Transformer { get; }

    [Name("lm_head.weight")]
    public Tensor Head => Transformer.Wte.Weight;

    public Tensor Forward(Tensor ids) => Transformer.Forward(ids).Linear(Head);                 // (b, t, vocabulary)

    /// <summary>The same, bit for bit, with the weights of every block, (b, h, t, t) each.</summary>
    public (Tensor Logits, Tensor[] Weights) ForwardWithWeights(Tensor ids)
    {
        var (x, weights) = Transformer.ForwardWithWeights(ids);
        return (x.Linear(Head), weights);
    }

    /// <summary>The mean cross entropy of the next ids, targets (b, t) I32.</summary>
    public Tensor Loss(Tensor ids, Tensor targets) => Forward(ids).CrossEntropy(targets);

    /// <summary>The parameters in two groups: matrices, which decay, and vectors, which do not.</summary>
    public ParameterGroup[] DecayGroups(double decay) =>
    [
        new(Parameters().Where(p => p.Rank >= 2)) { Decay = decay },
        new(Parameters().Where(p => p.Rank < 2)) { Decay = 0 },
    ];

    /// <summary>
    /// Goes on from the prompt, drawing from softmax(logits/temperature), among the <c>topK</c> likeliest if given. Temperature 0 always
    /// takes the likeliest. Returns the new ids alone; they depend only on the seed of the default generator.
    /// </summary>
    public int[] Generate(IReadOnlyList<int> prompt, int count, double temperature = 1, int? topK = null)
    {
        if (prompt.Count == 0) throw new ArgumentException("Gpt.Generate: the prompt is empty; it must hold at least one id");
        if (temperature < 0 || topK < 1) throw new ArgumentException($"Gpt.Generate: temperature {temperature} must not be negative and top-k {topK} must be positive");
        using var _ = Reverse.NoGrad();
        var ids = prompt.ToList();
        for (int i = 0; i < count; i++)
        {
            using var step = Scope.Begin();
            int[] seen = [.. ids.Skip(Math.Max(0, ids.Count - Config.Block))];
            var x = Transformer.Forward(Tensor.From(seen, [1, seen.Length], Head.Device));
            double[] logits = x.Select(1, -1).Linear(Head).ToDoubles();                         // (vocabulary)
            ids.Add(Sampling.Draw(logits, temperature, topK));
        }
        return [.. ids.Skip(prompt.Count)];
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new Gpt(new(5, Block: 4, Layers: 2, Heads: 2, Size: 4)), (gpt, x) => gpt.Forward(x[0]), [Input.Indices(5, [2, 3])]),
        Case.Of(() => new Gpt(new(5, Block: 4, Layers: 1, Heads: 2, Size: 4, Bias: true)), (gpt, x) => gpt.Loss(x[0], x[1]), [Input.Indices(5, [2, 4]), Input.Indices(5, [2, 4])]) with
        {
            Timed = Case.Of(() => new Gpt(new(65)), (gpt, x) => gpt.Loss(x[0], x[1]), [Input.Indices(65, [12, 64]), Input.Indices(65, [12, 64])]),
        },
    ];
}

/// <summary>Embeddings of symbol and place, blocks, and a last norm: (b, t) → (b, t, d).</summary>
public sealed class GptBody(GptConfig config) : Module
{
    public Embedding Wte { get; } = new(config.Vocabulary, config.Size);
    public Embedding Wpe { get; } = new(config.Block, config.Size);
    public Dropout Drop { get; } = new(config.Dropout);
    public IReadOnlyList<GptBlock> H { get; } = Blocks.Of(nameof(Gpt), config.Layers, () => new GptBlock(config));
    public LayerNorm LnF { get; } = new(config.Size, bias: config.Bias);

    public Tensor Forward(Tensor ids)
    {
        var x = Embed(ids);
        foreach (var block in H) x = block.Forward(x);
        return LnF.Forward(x);
    }

    /// <inheritdoc cref="Gpt.ForwardWithWeights"/>
    public (Tensor Output, Tensor[] Weights) ForwardWithWeights(Tensor ids)
    {
        var x = Embed(ids);
        var weights = new Tensor[H.Count];
        for (int i = 0; i < weights.Length; i++) (x, weights[i]) = H[i].ForwardWithWeights(x);
        return (LnF.Forward(x), weights);
    }

    Tensor Embed(Tensor ids)
    {
        if (ids.Rank != 2 || ids.Shape[1] > config.Block) throw new ArgumentException($"Gpt: the ids {ids.Shape} must be (batch, time) with a time of at most {config.Block}");
        return Drop.Forward(Wte.Forward(ids) + Wpe.Weight.Slice(0, 0, ids.Shape[1]));           // (b, t, d)
    }

    internal static Case[] Cases => [Case.Of(() => new GptBody(new(5, Block: 4, Layers: 1, Heads: 2, Size: 4)), (body, x) => body.Forward(x[0]), [Input.Indices(5, [2, 3])])];
}

/// <summary>x + attention(LN(x)), then x + MLP(LN(x)): (b, t, d) → (b, t, d).</summary>
public sealed class GptBlock(GptConfig config) : Layer
{
    [Name("ln_1")]
    public LayerNorm Ln1 { get; } = new(config.Size, bias: config.Bias);
    public CausalSelfAttention Attn { get; } = new(config.Size, config.Heads, config.Dropout, config.Bias);
    [Name("ln_2")]
    public LayerNorm Ln2 { get; } = new(config.Size, bias: config.Bias);
    public GptMlp Mlp { get; } = new(config.Size, config.Dropout, config.Bias, config.Activation);

    public override Tensor Forward(Tensor x) => Run(x, weighed: false).Output;

    /// <summary>The same, bit for bit, with the weights of every head, (b, h, t, t).</summary>
    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x)
    {
        var (y, weights) = Run(x, weighed: true);
        return (y, weights!);
    }

    (Tensor Output, Tensor? Weights) Run(Tensor x, bool weighed)
    {
        var (looked, weights) = Attn.Attend(Ln1.Forward(x), weighed);
        x += looked;
        return (x + Mlp.Forward(Ln2.Forward(x)), weights);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new GptBlock(new(5, Heads: 2, Size: 4, Bias: true)), (block, x) => block.Forward(x[0]), [[2, 3, 4]]) with
        {
            Timed = Case.Of(() => new GptBlock(new(65)), (block, x) => block.Forward(x[0]), [[12, 64, 128]]),
        },
    ];
}

/// <summary>c_proj(f(c_fc(x))), four times as wide inside.</summary>
public sealed class GptMlp(int size, double dropout, bool bias, Activation activation = Activation.Gelu) : Layer
{
    public Linear CFc { get; } = new(size, 4 * size, bias);
    public Linear CProj { get; } = new(4 * size, size, bias);
    public Dropout Dropout { get; } = new(dropout);

    public override Tensor Forward(Tensor x) => Dropout.Forward(CProj.Forward(CFc.Forward(x, activation)));

    internal static Case[] Cases => [Case.Of(() => new GptMlp(3, 0, bias: true), (mlp, x) => mlp.Forward(x[0]), [[2, 3]])];
}
