using Xunit;

namespace NanoAttention.Tests.Layers;

/// <summary>Every attention layer returns its weights if asked, and answers the same whether asked or not.</summary>
public class AttentionWeightsTests
{
    // What a layer answers, asked and not; the weights (b, h, t, s) it gives; those that are causal; the keys row 1 of the batch may see.
    sealed record Answers(Tensor Plain, Tensor Asked, Tensor[] Weights, Tensor[] Causal, int Seen);

    static readonly Dictionary<string, Func<Answers>> layers = new()
    {
        ["MultiHeadAttention"] = () =>
        {
            var layer = new MultiHeadAttention(8, 2, dropout: 0.2);
            return Of(x => layer.Forward(x, x, x, causal: true), x => layer.ForwardWithWeights(x, x, x, causal: true), causal: true);
        },
        ["MultiHeadAttention, nothing to see"] = () =>
        {
            var layer = new MultiHeadAttention(8, 2);
            return Of(x => layer.Forward(x, x, x, keyMask: Nowhere), x => layer.ForwardWithWeights(x, x, x, keyMask: Nowhere), causal: false, seen: 0);
        },
        ["CausalSelfAttention"] = () =>
        {
            var layer = new CausalSelfAttention(8, 2, dropout: 0.2);
            return Of(layer.Forward, layer.ForwardWithWeights, causal: true);
        },
        ["TransformerEncoderLayer"] = () =>
        {
            var layer = new TransformerEncoderLayer(8, 2, inner: 9, dropout: 0.2);
            return Of(x => layer.Forward(x, padding: Nowhere), x => layer.ForwardWithWeights(x, padding: Nowhere), causal: false, seen: 0);
        },
        ["TransformerEncoderLayer, norm first"] = () =>
        {
            var layer = new TransformerEncoderLayer(8, 2, inner: 9, normFirst: true);
            return Of(x => layer.Forward(x, causal: true), x => layer.ForwardWithWeights(x, causal: true), causal: true);
        },
        ["TransformerEncoder"] = () =>
        {
            var encoder = new TransformerEncoder(3, () => new(8, 2, inner: 9), new(8));
            return Of(x => encoder.Forward(x, padding: Somewhere), x => encoder.ForwardWithWeights(x, padding: Somewhere), causal: false, seen: 3);
        },
        ["TransformerDecoderLayer"] = () => Decoder(normFirst: false),
        ["TransformerDecoderLayer, norm first"] = () => Decoder(normFirst: true),
        ["TransformerDecoder"] = () =>
        {
            var decoder = new TransformerDecoder(2, () => new(8, 2, inner: 9), new(8));
            var memory = Tensor.Normal([2, 5, 8]);
            return Twice(() => decoder.Forward(Input, memory, causal: true), () =>
            {
                var (y, weights) = decoder.ForwardWithWeights(Input, memory, causal: true);
                return (y, [.. weights.Select(w => w.Memory)], [.. weights.Select(w => w.Self)]);
            });
        },
        ["Transformer"] = () =>
        {
            var model = new Transformer(8, 2, 2, 2, inner: 9);
            return Twice(() => model.Forward(Input, Input), () =>
            {
                var (y, encoder, decoder) = model.ForwardWithWeights(Input, Input);
                return (y, [.. encoder, .. decoder.Select(w => w.Memory)], [.. decoder.Select(w => w.Self)]);
            });
        },
        ["GptBlock"] = () =>
        {
            var block = new GptBlock(new(5, Heads: 2, Size: 8, Dropout: 0.2));
            return Of(block.Forward, block.ForwardWithWeights, causal: true);
        },
        ["GptBody"] = () =>
        {
            var body = new GptBody(new(5, Block: 7, Layers: 3, Heads: 2, Size: 8, Dropout: 0.2));
            return Twice(() => body.Forward(Ids), () => body.ForwardWithWeights(Ids) is var (y, weights) ? (y, [], weights) : default);
        },
        ["BertBody"] = () =>
        {
            var body = new BertBody(new(5, Size: 8, Layers: 2, Heads: 2, Inner: 9, Positions: 7, Dropout: 0.2));
            return Twice(() => body.Forward(Ids, padding: Somewhere).Hidden, () => body.ForwardWithWeights(Ids, padding: Somewhere) is var (y, _, weights) ? (y, weights, []) : default) with { Seen = 3 };
        },
        ["Gpt"] = () =>
        {
            var gpt = new Gpt(new(5, Block: 7, Layers: 3, Heads: 2, Size: 8, Dropout: 0.2));
            return Twice(() => gpt.Forward(Ids), () => gpt.ForwardWithWeights(Ids) is var (y, weights) ? (y, [], weights) : default);
        },
    };

    static Answers Decoder(bool normFirst)
    {
        var layer = new TransformerDecoderLayer(8, 2, inner: 9, normFirst: normFirst);
        var memory = Tensor.Normal([2, 7, 8]);
        var answers = Twice(() => layer.Forward(Input, memory, memoryPadding: Somewhere, causal: true), () =>
        {
            var (y, (self, looked)) = layer.ForwardWithWeights(Input, memory, memoryPadding: Somewhere, causal: true);
            return (y, [looked], [self]);
        });
        return answers with { Seen = 3 };
    }

    static Tensor Input => Tensor.Of([.. Enumerable.Range(0, 2 * 7 * 8).Select(i => Math.Sin(i * i))], [2, 7, 8]);
    static Tensor Ids => Tensor.From([1, 2, 3, 4, 0, 1, 2, 4, 3, 2, 1, 0, 4, 3], [2, 7]);
    static Tensor Nowhere => Padding.Mask([7, 0], 7);
    static Tensor Somewhere => Padding.Mask([7, 3], 7);

    static Answers Of(Func<Tensor, Tensor> plain, Func<Tensor, (Tensor, Tensor)> asked, bool causal, int seen = 7) =>
        Of(plain, x => asked(x) is var (y, weights) ? (y, (Tensor[])[weights]) : default, causal, seen);

    static Answers Of(Func<Tensor, Tensor> plain, Func<Tensor, (Tensor, Tensor[])> asked, bool causal, int seen = 7) =>
        Twice(() => plain(Input), () => asked(Input) is var (y, weights) ? causal ? (y, [], weights) : (y, weights, []) : default) with { Seen = seen };

    // With the same random numbers, as dropout draws them.
    static Answers Twice(Func<Tensor> plain, Func<(Tensor Y, Tensor[] Weights, Tensor[] Causal)> asked)
    {
        Defaults.Seed = 2;
        var y = plain();
        ulong drawn = Defaults.Generator.Position;
        Defaults.Seed = 2;
        var answer = asked();
        Assert.Equal(drawn, Defaults.Generator.Position);
        return new(y, answer.Y, answer.Weights, answer.Causal, Seen: 7);
    }

    public static TheoryData<string> Layers => [.. layers.Keys];

    [Theory, MemberData(nameof(Layers))]
    public void AskingForWeightsNeverChangesTheOutput(string name)
    {
        using var _ = Defaults.With(seed: 1);
        var answers = layers[name]();
        Assert.Equal(answers.Plain.ToArray<float>(), answers.Asked.ToArray<float>());
    }

    [Theory, MemberData(nameof(Layers))]
    public void WeightsArePerHeadAndSumToOneWhereThereIsSomethingToSee(string name)
    {
        using var _ = Defaults.With(seed: 1);
        var answers = layers[name]();
        Assert.NotEmpty(answers.Weights.Concat(answers.Causal));
        foreach (var weights in answers.Weights.Concat(answers.Causal))
        {
            Assert.Equal([2, 2, 7], weights.Shape[..3]);
            Assert.All(weights.ToArray<float>(), w => Assert.InRange(w, 0, 1));
            Assert.All(weights[0].Sum(-1).ToArray<float>(), sum => Assert.Equal(1, sum, 1e-5f));
            Assert.All(weights[1].Sum(-1).ToArray<float>(), sum => Assert.Equal(answers.Seen == 0 ? 0 : 1, sum, 1e-5f));
        }
        foreach (var weights in answers.Weights.Where(_ => answers.Seen < 7))
            Assert.All(weights[1, At.Rest, answers.Seen..].ToArray<float>(), w => Assert.Equal(0, w));
    }

    [Theory, MemberData(nameof(Layers))]
    public void CausalWeightsAreExactlyZeroAboveTheDiagonal(string name)
    {
        using var _ = Defaults.With(seed: 1);
        foreach (var weights in layers[name]().Causal)
            for (int i = 0; i < 6; i++)
                Assert.All(weights[At.Rest, i, (i + 1)..].ToArray<float>(), w => Assert.Equal(0, w));
    }

    // Models whose weights have other shapes: (b, t, s) over the source, or gates on an image.
    static readonly Dictionary<string, Func<(Tensor Plain, Tensor Asked, Tensor? Weights)>> others = new()
    {
        ["Seq2Seq"] = () => Translated(new Seq2Seq(5, 5, 4, 4, 3, dropout: 0.2)),
        ["TransformerSeq2Seq"] = () => Translated(new TransformerSeq2Seq(5, 5, 8, 2, 9, 2)),
        ["Cbam"] = () => Pictured(new Cbam(4, 2, 3), [2, 4, 3, 5], (l, x) => l.ForwardWithWeights(x).Output),
        ["CbamCnn"] = () => Pictured(new CbamCnn(1, 4, 8, 3), [2, 1, 8, 8], (l, x) => l.ForwardWithWeights(x).Logits),
    };

    static (Tensor, Tensor, Tensor?) Translated(Translator model)
    {
        int[] lengths = [7, 3];
        Defaults.Seed = 2;
        var plain = model.Forward(Ids, lengths, Ids);
        Defaults.Seed = 2;
        var (asked, weights) = model.ForwardWithWeights(Ids, lengths, Ids);
        return (plain, asked, weights);
    }

    static (Tensor, Tensor, Tensor?) Pictured<L>(L layer, Shape shape, Func<L, Tensor, Tensor> asked) where L : Layer
    {
        var x = Tensor.Normal(shape);
        return (layer.Forward(x), asked(layer, x), null);
    }

    public static TheoryData<string> Others => [.. others.Keys];

    [Theory, MemberData(nameof(Others))]
    public void AskingAModelForWeightsNeverChangesItsAnswer(string name)
    {
        using var _ = Defaults.With(seed: 1);
        var (plain, asked, weights) = others[name]();
        Assert.Equal(plain.ToArray<float>(), asked.ToArray<float>());
        if (weights is null) return;
        Assert.Equal([2, 7, 7], weights.Shape);
        Assert.All(weights.Sum(-1).ToArray<float>(), sum => Assert.Equal(1, sum, 1e-5f));
        Assert.All(weights[1, At.Rest, 3..].ToArray<float>(), w => Assert.Equal(0, w));
    }

    [Fact]
    public void EveryModelThatReturnsWeightsIsAsked()
    {
        var models = Cases.Assemblies.SelectMany(assembly => assembly.GetTypes())
            .Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(Module)) && type.GetMethod("ForwardWithWeights") is not null && !ContractTests.IsLayer(type));
        Assert.Empty(models.Select(type => type.Name).Except(layers.Keys).Except(others.Keys));
    }

    [Fact]
    public void WithoutAttentionThereAreNoWeights() =>
        Assert.Null(new Seq2Seq(9, 9, 4, 4, null).ForwardWithWeights(Padding.Batch([[3, 4]]), [2], Padding.Batch([[1]])).Weights);
}
