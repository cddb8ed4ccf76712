using Xunit;

namespace NanoAttention.Tests.Layers;

/// <summary>What single kinds of attention promise beyond the contracts that all share.</summary>
public class KindsTests
{
    [Fact]
    public void Distance_weighs_as_a_Gaussian_kernel_does()
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        Tensor query = Tensor.Of([0.0, 0], [1, 1, 2]), keys = Tensor.Of([0, 0, 1, 0, 3, 4], [1, 3, 2]);
        double[] kernel = [1, Math.Exp(-0.5), Math.Exp(-12.5)];
        var (_, weights) = new GlobalAttention(new DistanceScore()).ForwardWithWeights(query, keys, keys);
        Assert.All(kernel.Zip(weights.ToDoubles()), pair => Assert.Equal(pair.First / kernel.Sum(), pair.Second, 1e-15));
    }

    [Fact]
    public void Concat_is_additive_with_its_matrix_in_two_parts()
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        Tensor q = Tensor.Normal([2, 3, 4]), k = Tensor.Normal([2, 5, 3]);
        var (additive, concat) = (new AdditiveScore(4, 3, 6), new ConcatScore(4, 3, 6));
        concat.Load(new Dictionary<string, Tensor> { ["w.weight"] = Tensor.Concat([additive.Q.Weight, additive.K.Weight], 1), ["v"] = additive.V });
        Rounding.AssertClose(additive.Forward(q, k), concat.Forward(q, k), 1e-15, "scores");
    }

    [Fact]
    public void Hard_draws_come_as_often_as_their_weights_say()
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        const int times = 20_000;
        var layer = new HardAttention(new DotScore());
        Tensor query = Tensor.Normal([1, 1, 3]).Expand(1, times, 3), keys = Tensor.Normal([1, 4, 3]);
        var mask = Tensor.From([true, true, false, true], [4]);
        var look = layer.Draw(query, keys, keys, mask);
        double[] weights = look.Weights[0, 0].ToDoubles(), drawn = look.Places.Reshape(times).BinCount(least: 4).ToDoubles();
        Assert.Equal(0, drawn[2]);
        for (int j = 0; j < 4; j++) Assert.Equal(weights[j], drawn[j] / times, 5 * Math.Sqrt(weights[j] * (1 - weights[j]) / times));
        layer.Eval();
        Assert.All(layer.Draw(query, keys, keys, mask).Places.ToArray<int>(), place => Assert.Equal(Array.IndexOf(weights, weights.Max()), place));
    }

    // tanh of (1, 2 | 3) · (10, 20 | 30), a hundredth
    [Fact]
    public void The_attentional_vector_sees_context_and_state()
    {
        using var _ = Defaults.With(DType.F64);
        var vector = new AttentionalVector(2, 1);
        vector.Load(new Dictionary<string, Tensor> { ["w.weight"] = Tensor.Of([0.1, 0.2, 0.3], [1, 3]) });
        Assert.Equal(Math.Tanh(1.4), vector.Forward(Tensor.Of([1.0, 2], [1, 2]), Tensor.Of([3.0], [1, 1])).Item(), 1e-15);
    }

    [Fact]
    public void The_baseline_follows_the_losses()
    {
        var reinforce = new Reinforce(keep: 0.75);
        reinforce.Surrogate(Tensor.Of(2, 6), Tensor.Zeros([2]));
        Assert.Equal(1, reinforce.Baseline);
        reinforce.Surrogate(Tensor.Of(9), Tensor.Zeros([1]));
        Assert.Equal(3, reinforce.Baseline);
    }

    [Fact]
    public void A_colder_softmax_is_nearer_to_one_choice()
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        Tensor q = Tensor.Normal([1, 6, 3]), k = Tensor.Normal([1, 4, 3]);
        double Sharpness(double temperature)
        {
            Defaults.Seed = 1;
            return new GumbelAttention(new DotScore(), temperature, straightThrough: false).ForwardWithWeights(q, k, k).Weights.Max(-1).Mean().Item();
        }
        Assert.True(Sharpness(0.1) > Sharpness(1) && Sharpness(1) > Sharpness(10));
        Assert.Equal(1, Sharpness(1e-3), 1e-6);
    }

    [Fact]
    public void The_gate_of_a_region_scales_what_is_seen()
    {
        using var _ = Defaults.With(DType.F64, seed: 2);
        var layer = new RegionAttention(3, 2, 4);
        Tensor state = Tensor.Normal([2, 3]), features = Tensor.Normal([2, 2, 3, 5]);
        var (y, weights) = layer.ForwardWithWeights(state, features);
        Assert.Equal([2, 3, 5], weights.Shape);
        var seen = (features * weights.Unsqueeze(1)).Sum([2, 3]);
        Rounding.AssertClose(layer.Gate.Forward(state).Sigmoid() * seen, y, 1e-14, "context");
        Assert.Equal([0.0], RegionAttention.Neglect(Tensor.Of([0.25, 0.5, 0.75, 0.5], [1, 2, 2])).ToDoubles());
        Assert.Equal([2.0], RegionAttention.Neglect(Tensor.Of([1.0, 0, 1, 0], [1, 2, 2])).ToDoubles());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_cache_outlives_the_step_that_filled_it(bool linear)
    {
        using var _ = Defaults.With(DType.F64, seed: 3);
        var x = Tensor.Normal([1, 4, 8]);
        var (full, grouped) = (new LinearAttention(8, 2, causal: true), new GroupedQueryAttention(8, 2, 1, Masks.Causal, rotary: new()));
        var (sums, keys) = (new LinearCache(), new KeyValueCache());
        double[] whole = (linear ? full.Forward(x) : grouped.Forward(x)).ToDoubles();
        using var none = Reverse.NoGrad();
        for (int t = 0; t < 4; t++)
        {
            using var step = Scope.Begin();
            var y = linear ? full.Forward(x.Slice(1, t, 1), null, sums) : grouped.Forward(x.Slice(1, t, 1), keys);
            Assert.All(y.ToDoubles().Zip(whole[(8 * t)..(8 * t + 8)]), pair => Assert.Equal(pair.Second, pair.First, 1e-14));
            Tensor.Full([64], double.NaN);                  // takes the memory that a step hands back
        }
        Assert.Equal(linear ? 0 : 4, keys.Count);
    }

    [Fact]
    public void Linear_weights_explain_the_answer()
    {
        using var _ = Defaults.With(DType.F64, seed: 4);
        foreach (bool causal in new[] { false, true })
        {
            var layer = new LinearAttention(4, 1, causal);
            var x = Tensor.Normal([2, 6, 4]);
            var (y, weights) = layer.ForwardWithWeights(x);
            Rounding.AssertClose(layer.OProj.Forward(weights.Select(1, 0).MatMul(layer.VProj.Forward(x))), y, 1e-14, "weights · values");
        }
        Tensor q = Tensor.Normal([3, 2]) * 30, k = Tensor.Normal([4, 2]) * 30;
        Assert.All(LinearAttention.Attend(q, k, Tensor.Ones([4, 1])).ToDoubles(), y => Assert.Equal(1, y, 1e-14));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Keys_of_the_layers_own_are_as_good_as_given_ones(bool trained, bool zero)
    {
        using var _ = Defaults.With(DType.F64, seed: 5);
        var layer = new MultiHeadAttention(4, 2, bias: false, trainedKey: trained, zeroKey: zero);
        Tensor q = Tensor.Normal([2, 3, 4]), x = Tensor.Normal([2, 3, 4]);
        var projected = x.Linear(layer.InProjWeight!.Slice(0, 4, 8)).Split([4, 4], 2);
        Tensor[] extra = [.. trained ? [layer.BiasK!.Expand(2, 1, 4), layer.BiasV!.Expand(2, 1, 4)] : new Tensor[0], .. zero ? [Tensor.Zeros([2, 1, 4]), Tensor.Zeros([2, 1, 4])] : new Tensor[0]];
        var plain = new MultiHeadAttention(4, 2, bias: false, keySize: 4, valueSize: 5);          // keys and values come projected
        plain.QProjWeight!.CopyFrom(layer.InProjWeight!.Slice(0, 0, 4).Detach());
        plain.KProjWeight!.CopyFrom(Tensor.Eye(4));
        plain.VProjWeight!.CopyFrom(Tensor.Eye(4).Pad(1, 0, 1));
        plain.OutProj.Weight.CopyFrom(layer.OutProj.Weight.Detach());
        var keys = Tensor.Concat([projected[0], .. extra.Where((_, i) => i % 2 == 0)], 1);
        var values = Tensor.Concat([projected[1], .. extra.Where((_, i) => i % 2 == 1)], 1).Pad(2, 0, 1);
        int s = keys.Shape[1];
        var seen = Tensor.Concat([Tensor.CausalMask(3, 3) & Tensor.From([true, false, true], [3]), Tensor.Full([3, s - 3], 1, DType.Bool)], 1);
        var (expected, expectedWeights) = plain.ForwardWithWeights(q, keys, values, seen);
        var (y, weights) = layer.ForwardWithWeights(q, x, x, keyMask: Tensor.From([true, false, true, true, false, true], [2, 3]), causal: true);
        Rounding.AssertClose(expected, y, 1e-14, "answer");
        Rounding.AssertClose(expectedWeights, weights, 1e-14, "weights");
        var added = layer.ForwardWithWeights(q, x, x, Masks.Bias(seen.Slice(1, 0, 3))).Weights;
        Rounding.AssertClose(expectedWeights, added, 1e-14, "weights under a bias");
    }

    [Fact]
    public void Misfits_are_named()
    {
        Tensor x = Tensor.Ones([2, 3, 4]), image = Tensor.Ones([1, 4, 3, 3]);
        Named("DotScore: queries (2, 3, 4) and keys (2, 3, 5) must be (b, t, 4) and (b, s, 4)", () => new DotScore().Forward(x, Tensor.Ones([2, 3, 5])));
        Named("GroupedQueryAttention: 2 key heads do not divide the 3 query heads", () => new GroupedQueryAttention(6, 3, 2));
        Named("GroupedQueryAttention: 3 heads do not divide the size 4: each must get the same whole number of features", () => new GroupedQueryAttention(4, 3));
        Named("BlockSparseAttention: 5 places are 3 blocks of 2; the choice has 2 × 3", () => new BlockSparseAttention(4, 2, new bool[2, 3], 2).Forward(Tensor.Zeros([1, 5, 4])));
        Named("AttentionalVector: context (2, 3) and state (2, 3) must be (…, 3) and (…, 2), the same but for the last axis",
            () => new AttentionalVector(3, 2).Forward(Tensor.Zeros([2, 3]), Tensor.Zeros([2, 3])));
        Named("SlidingWindowAttention: the input (1, 4, 3, 3) must be (batch, time, 4)", () => new SlidingWindowAttention(4, 2, 2).Forward(image));
        Named("Rotary: the input (3, 5) must be (…, t, d) with an even d, whose features make pairs", () => new Rotary().Forward(Tensor.Ones([3, 5])));
        Named("BucketBias: 2 buckets up to the distance 128: each side needs at least 2, and the distance must be beyond those of 1 distance each", () => new BucketBias(2, 2));
        Named("SqueezeExcitation: the input (1, 4, 3, 3) must be (n, 8, h, w)", () => new SqueezeExcitation(8, 2).Forward(image));
        Named("SpatialAttention: the kernel 4 must be odd, so that the gates lie on the image's places", () => new SpatialAttention(4));
        Named("LinearAttention: only the causal form goes on from a cache", () => new LinearAttention(4, 2).Forward(x, null, new LinearCache()));
        Named("Reinforce: losses (2) and logarithms of probabilities (3) must have one shape", () => new Reinforce().Surrogate(Tensor.Ones([2]), Tensor.Ones([3])));

        static void Named(string message, Action misfit) => Assert.Equal(message, Assert.Throws<ArgumentException>(misfit).Message);
    }
}
