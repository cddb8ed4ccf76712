using Xunit;

namespace NanoAttention.Tests.Layers;

/// <summary>What attention promises beyond its formula.</summary>
public class AttentionTests
{
    static Tensor Leaf(params int[] sizes) => Tensor.Normal(Shape.Create(sizes)).RequireGrad();

    [Theory]
    [InlineData(7, 5)]
    [InlineData(70, 33)]
    public void TheGradientToTheFutureIsExactlyZero(int steps, int place)
    {
        using var _ = Defaults.With(seed: 1);
        Tensor q = Leaf(2, 2, steps, 4), k = Leaf(2, 2, steps, 4), v = Leaf(2, 2, steps, 4);
        Tensor.ScaledDotProductAttention(q, k, v, causal: true)[At.Rest, ..place, ..].Sum().Backward();
        Assert.All(k.Grad![At.Rest, place.., ..].ToArray<float>(), g => Assert.Equal(0, g));
        Assert.All(v.Grad![At.Rest, place.., ..].ToArray<float>(), g => Assert.Equal(0, g));
        Assert.Contains(v.Grad![At.Rest, ..place, ..].ToArray<float>(), g => g != 0);
    }

    [Fact]
    public void AKeyMaskOfNumbersIsAddedToTheScores()
    {
        using var _ = Defaults.With(DType.F64, seed: 4);
        var attention = new MultiHeadAttention(4, 2);
        Tensor x = Tensor.Normal([2, 3, 4]), seen = Tensor.From([true, false, true, true, true, false], [2, 3]);
        var added = Tensor.Zeros([2, 3]).MaskedFill(!seen, double.NegativeInfinity);
        Assert.Equal(attention.Forward(x, x, x, keyMask: seen).ToDoubles(), attention.Forward(x, x, x, keyMask: added).ToDoubles());
        Tensor bias = Tensor.Normal([3, 3]), more = Tensor.Normal([2, 3]);
        Assert.Equal(attention.Forward(x, x, x, bias + more.Unsqueeze(1).Unsqueeze(1)).ToDoubles(), attention.Forward(x, x, x, bias, more).ToDoubles());
    }

    [Fact]
    public void ATransformersLastNormsHaveItsEpsilon()
    {
        using var _ = Defaults.With(DType.F64, seed: 5);
        var model = new Transformer(4, 2, 1, 1, inner: 5, dropout: 0, epsilon: 1e6);        // a norm by 1e6 leaves next to nothing
        Assert.All(model.Encoder.Forward(Tensor.Normal([1, 3, 4])).ToDoubles(), y => Assert.InRange(Math.Abs(y), 0, 1e-2));
    }

    [Fact]
    public void AGptPredictsAPlaceFromThePlacesBeforeAlone()
    {
        using var _ = Defaults.With(seed: 2);
        var gpt = new Gpt(new(7, Block: 8, Layers: 2, Heads: 2, Size: 8));
        Tensor x = Tensor.From([1, 2, 3, 4, 5, 6], [1, 6]), y = Tensor.From([1, 2, 3, 0, 0, 0], [1, 6]);
        Assert.Equal(gpt.Forward(x)[0, ..3].ToArray<float>(), gpt.Forward(y)[0, ..3].ToArray<float>());
        Assert.NotEqual(gpt.Forward(x)[0, 3].ToArray<float>(), gpt.Forward(y)[0, 3].ToArray<float>());
    }

    public static TheoryData<string> Kinds => ["plain", "causal", "mask", "bias", "keys", "dropout"];

    [Theory, MemberData(nameof(Kinds))]
    public void AskingForWeightsNeverChangesTheOutput(string kind)
    {
        using var _ = Defaults.With(seed: 3);
        var attention = new MultiHeadAttention(8, 2, dropout: kind == "dropout" ? 0.4 : 0);
        var x = Tensor.Normal([3, 50, 8]);
        var mask = kind switch { "mask" => Tensor.Uniform([50, 50]) < 0.6, "bias" => Tensor.Normal([50, 50]), _ => null };
        var keys = kind == "keys" ? Padding.Mask([50, 3, 17], 50) : null;

        Defaults.Seed = 4;
        var plain = attention.Forward(x, x, x, mask, keys, kind == "causal");
        Defaults.Seed = 4;
        var (output, weights) = attention.ForwardWithWeights(x, x, x, mask, keys, kind == "causal");
        Assert.Equal(plain.ToArray<float>(), output.ToArray<float>());
        Assert.Equal([3, 2, 50, 50], weights.Shape);
        Assert.All(weights.Sum(-1).ToArray<float>(), sum => Assert.Equal(1, sum, 1e-5f));
        if (keys is not null) Assert.All(weights[1, At.Rest, 3..].ToArray<float>(), w => Assert.Equal(0, w));
    }

    [Fact]
    public void WeightsTimesValuesIsTheOutput()
    {
        using var _ = Defaults.With(DType.F64, seed: 5);
        Tensor q = Leaf(2, 3, 9, 4), k = Leaf(2, 3, 11, 4), v = Leaf(2, 3, 11, 5);
        var (y, weights) = Tensor.ScaledDotProductAttentionWithWeights(q, k, v);
        var composed = weights.MatMul(v).ToArray<double>();
        Assert.All(y.ToArray<double>().Zip(composed), pair => Assert.Equal(pair.Second, pair.First, 1e-14));
    }

    [Fact]
    public void PaddingNeverChangesWhatIsThere()
    {
        using var _ = Defaults.With(seed: 6);
        var layer = new TransformerEncoderLayer(8, 2, inner: 16, dropout: 0);
        Tensor x = Tensor.Normal([2, 5, 8]), junk = Tensor.Normal([2, 3, 8]) * 100;
        var bare = layer.Forward(x).ToArray<float>();
        var padded = layer.Forward(Tensor.Concat([x, junk], 1), padding: Padding.Mask([5, 5], 8))[.., ..5].ToArray<float>();
        Assert.All(bare.Zip(padded), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AFullyMaskedRowAnswersZeroWithFiniteGradients(bool byBias)
    {
        using var _ = Defaults.With(seed: 7);
        Tensor q = Leaf(1, 2, 3, 4), k = Leaf(1, 2, 5, 4), v = Leaf(1, 2, 5, 4);
        var seen = Tensor.From([true, true, true, true, true, false, false, false, false, false, false, true, false, true, false], [3, 5]);
        var bias = Tensor.Zeros([3, 5]).MaskedFill(!seen, double.NegativeInfinity).RequireGrad();
        var (y, weights) = byBias ? Tensor.ScaledDotProductAttentionWithWeights(q, k, v, bias: bias) : Tensor.ScaledDotProductAttentionWithWeights(q, k, v, seen);
        Assert.All(y[At.Rest, 1, ..].ToArray<float>(), x => Assert.Equal(0, x));
        Assert.All(weights[At.Rest, 1, ..].ToArray<float>(), x => Assert.Equal(0, x));
        ((y * y).Sum() + (weights * weights).Sum()).Backward();
        Assert.All(q.Grad![At.Rest, 1, ..].ToArray<float>(), g => Assert.Equal(0, g));
        Assert.All(new[] { q, k, v }.SelectMany(x => x.Grad!.ToArray<float>()), g => Assert.True(float.IsFinite(g)));
        if (byBias) Assert.All(bias.Grad!.ToArray<float>(), g => Assert.True(float.IsFinite(g)));
    }

    [Fact]
    public void AdditiveAttentionOverNothingAnswersZero()
    {
        using var _ = Defaults.With(seed: 8);
        var attention = new AdditiveAttention(3, 4, 5);
        Tensor query = Leaf(2, 3), keys = Leaf(2, 6, 4);
        var (context, weights) = attention.Forward(query, keys, keys, Padding.Mask([0, 4], 6));
        Assert.All(context[0].ToArray<float>().Concat(weights[0].ToArray<float>()), x => Assert.Equal(0, x));
        Assert.Equal(1, weights[1].Sum().Item(), 1e-6);
        context.Sum().Backward();
        Assert.All(query.Grad!.ToArray<float>().Concat(keys.Grad!.ToArray<float>()), g => Assert.True(float.IsFinite(g)));
        Assert.All(keys.Grad![1, 4..].ToArray<float>(), g => Assert.Equal(0, g));
    }

    [Fact]
    public void ShapesThatDoNotFitAreNamed()
    {
        Tensor q = Tensor.Ones([2, 3, 4]), k = Tensor.Ones([2, 5, 3]);
        Assert.Equal("ScaledDotProductAttention: q (2, 3, 4), k (2, 5, 3), v (2, 5, 3): they must be (b, h, t, d), (b, h, s, d) and (b, h, s, e), or all without h, or without b and h",
            Assert.Throws<ArgumentException>(() => Tensor.ScaledDotProductAttention(q, k, k)).Message);
    }
}
