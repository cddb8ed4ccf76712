using Xunit;

namespace NanoAttention.Tests.Layers;

/// <summary>Whole training steps: what they cost in memory, and that they learn and repeat.</summary>
[Collection(AloneCollection.Name)]
public class TrainingTests
{
    sealed class Run
    {
        readonly Gpt gpt = new(new(11, Block: 8, Layers: 2, Heads: 2, Size: 16, Dropout: 0.1, Bias: true));
        readonly AdamW optimizer;

        public Run() => optimizer = new(gpt.DecayGroups(0.1), 3e-3);

        public double Step(int i)
        {
            using var step = Scope.Begin();
            var ids = Tensor.From([.. Enumerable.Range(0, 36).Select(j => (i + j * j) % 11)], [4, 9]);
            optimizer.ZeroGrad();
            var loss = gpt.Loss(ids.Slice(1, 0, 8), ids.Slice(1, 1, 8));
            loss.Backward();
            GradientClipping.Norm(gpt.Parameters(), 1);
            optimizer.Step();
            return loss.Item();
        }

        public float[] Weights => [.. gpt.Parameters().SelectMany(p => p.ToArray<float>())];
    }

    [Fact]
    public void AThousandStepsAllocateNoTensorMemory()
    {
        using var _ = Defaults.With(seed: 1);
        var run = new Run();
        for (int i = 0; i < 3; i++) run.Step(i);
        long misses = Device.Cpu.PoolMisses;
        double last = 0;
        for (int i = 0; i < 1000; i++) last = run.Step(i);
        Assert.Equal(misses, Device.Cpu.PoolMisses);
        Assert.InRange(last, 0, 1.5);       // ln 11 = 2.4 at first
    }

    [Fact]
    public void GradientsMayBeZeroedAnywhereBeforeBackward()
    {
        Assert.Equal(Weights(zeroFirst: true), Weights(zeroFirst: false));

        static float[] Weights(bool zeroFirst)
        {
            using var _ = Defaults.With(seed: 3);
            var linear = new Linear(4, 3);
            var optimizer = new AdamW(linear.Parameters(), 1e-2);
            for (int i = 0; i < 3; i++)
            {
                using var step = Scope.Begin();
                if (zeroFirst) optimizer.ZeroGrad();
                var loss = linear.Forward(Tensor.Full([2, 4], i + 1)).CrossEntropy(Tensor.From([0, 2], [2]));
                if (!zeroFirst) optimizer.ZeroGrad();
                loss.Backward();
                optimizer.Step();
            }
            return [.. linear.Parameters().SelectMany(p => p.ToArray<float>())];
        }
    }

    [Fact]
    public void TranslatingAllocatesNoTensorMemoryEither()
    {
        using var _ = Defaults.With(seed: 2);
        var model = new Seq2Seq(7, 7, 8, 8, 8);
        var optimizer = new Adam(model.Parameters(), 1e-3);
        for (int i = 0; i < 3; i++) Step();
        long misses = Device.Cpu.PoolMisses;
        for (int i = 0; i < 50; i++) Step();
        Assert.Equal(misses, Device.Cpu.PoolMisses);

        void Step()
        {
            using var step = Scope.Begin();
            Tensor source = Padding.Batch([[3, 4, 5, 2], [6, 2]]), target = Padding.Batch([[1, 5, 4, 3, 2], [1, 6, 2]]);
            optimizer.ZeroGrad();
            var logits = model.Forward(source, [4, 2], target.Slice(1, 0, 4));
            logits.CrossEntropy(target.Slice(1, 1, 4), Translator.Pad).Backward();
            GradientClipping.Norm(model.Parameters(), 1);
            optimizer.Step();
        }
    }

    [Fact]
    public void TheSameSeedGivesTheSameBitsWhateverTheThreads()
    {
        int threads = Device.Cpu.Threads;
        try
        {
            var runs = new[] { 1, 2, 2 }.Select(count =>
            {
                Device.Cpu.Threads = count;
                using var _ = Defaults.With(seed: 3);
                var run = new Run();
                return (Losses: Enumerable.Range(0, 10).Select(run.Step).ToArray(), run.Weights);
            }).ToArray();
            foreach (var run in runs[1..])
            {
                Assert.Equal(runs[0].Losses, run.Losses);
                Assert.Equal(runs[0].Weights, run.Weights);
            }
        }
        finally
        {
            Device.Cpu.Threads = threads;
        }
    }

    static void Learns(Translator model)
    {
        var optimizer = new Adam(model.Parameters(), 1e-2);
        var order = new DataOrder(60, seed: 4);
        var pairs = Enumerable.Range(0, 60).Select(i => (int[])[3 + i % 5, 3 + i / 5 % 4, 3 + i / 20 + 3]).ToArray();
        for (int i = 0; i < 150; i++)
        {
            using var step = Scope.Begin();
            int[][] batch = [.. order.Next(20).Select(j => pairs[j])];
            int[] lengths = [.. batch.Select(_ => 3)];
            Tensor targets = Padding.Batch([.. batch.Select(s => (int[])[Translator.Begin, .. s.Reverse(), Translator.End])]);
            optimizer.ZeroGrad();
            model.Forward(Padding.Batch(batch), lengths, targets.Slice(1, 0, 4)).CrossEntropy(targets.Slice(1, 1, 4), Translator.Pad).Backward();
            GradientClipping.Norm(model.Parameters(), 1);
            optimizer.Step();
        }
        model.Eval();
        var turned = model.Translate(Padding.Batch(pairs), [.. pairs.Select(_ => 3)], 5);
        Assert.InRange(turned.Zip(pairs).Count(p => p.First.Symbols.SequenceEqual(p.Second.Reverse())), 57, 60);
    }

    [Fact]
    public void ASeq2SeqLearnsToTurnSequencesAround()
    {
        using var _ = Defaults.With(seed: 5);
        Learns(new Seq2Seq(9, 9, 12, 24, 16));
    }

    [Fact]
    public void WithoutAttentionItLearnsShortOnesToo()
    {
        using var _ = Defaults.With(seed: 6);
        Learns(new Seq2Seq(9, 9, 12, 24, null));
    }

    [Fact]
    public void ATransformerLearnsToTurnSequencesAround()
    {
        using var _ = Defaults.With(seed: 7);
        Learns(new TransformerSeq2Seq(9, 9, size: 24, heads: 2, inner: 32, layers: 1, dropout: 0));
    }

    [Fact]
    public void AttentionMapsCoverWhatWasWrittenAndRead()
    {
        using var _ = Defaults.With(seed: 8);
        var model = new Seq2Seq(9, 9, 4, 4, 4);
        foreach (var (translation, length) in model.Translate(Padding.Batch([[3, 4, 5, 6], [7, 8]]), [4, 2], 6).Zip([4, 2]))
        {
            var map = translation.Attention!;
            Assert.Equal((translation.Symbols.Length, length), (map.GetLength(0), map.GetLength(1)));
            for (int i = 0; i < map.GetLength(0); i++)
                Assert.Equal(1, Enumerable.Range(0, length).Sum(j => map[i, j]), 1e-5);
        }
        Assert.Null(new Seq2Seq(9, 9, 4, 4, null).Translate(Padding.Batch([[3, 4]]), [2], 3)[0].Attention);
    }

    public static TheoryData<string> Translators => ["Seq2Seq", "TransformerSeq2Seq"];

    [Theory, MemberData(nameof(Translators))]
    public void TranslatorsComputeWeightsOnlyIfAsked(string name)
    {
        using var _ = Defaults.With(seed: 1);
        Translator model = name == "Seq2Seq" ? new Seq2Seq(9, 9, 4, 4, 4, dropout: 0.2) : new TransformerSeq2Seq(9, 9, size: 4, heads: 2, inner: 6, layers: 2);
        Tensor source = Padding.Batch([[3, 4, 5], [6, 7]]), target = Padding.Batch([[1, 4, 3, 5], [1, 8]]);
        Defaults.Seed = 2;
        long before = Reverse.Now;
        var plain = model.Forward(source, [3, 2], target);
        long recorded = Reverse.Now - before;
        Defaults.Seed = 2;
        before = Reverse.Now;
        var (asked, weights) = model.ForwardWithWeights(source, [3, 2], target);
        Assert.True(recorded < Reverse.Now - before, "what is only asked for is recorded always");
        Assert.Equal(plain.ToArray<float>(), asked.ToArray<float>());
        Assert.Equal([2, 4, 3], weights!.Shape);
        Assert.All(weights.Sum(-1).ToArray<float>(), sum => Assert.Equal(1, sum, 1e-5f));
        Assert.All(weights[1, At.Rest, 2..].ToArray<float>(), w => Assert.Equal(0, w));
    }

    [Fact]
    public void GenerationTakesTheLikeliestAtTemperatureZeroAndStaysInTheTopK()
    {
        using var _ = Defaults.With(seed: 9);
        var gpt = new Gpt(new(11, Block: 4, Layers: 1, Heads: 1, Size: 8));
        int[] greedy = gpt.Generate([1, 2, 3], 6, temperature: 0);
        Assert.Equal(6, greedy.Length);
        Assert.Equal(greedy, gpt.Generate([1, 2, 3], 6, topK: 1));
        Assert.Equal(gpt.Forward(Tensor.From([1, 2, 3], [1, 3]))[0, ^1].ArgMax().Item(), greedy[0]);
    }

    [Fact]
    public void DrawingFollowsTheProbabilities()
    {
        using var _ = Defaults.With(seed: 10);
        double[] logits = [0, Math.Log(3), double.NegativeInfinity, Math.Log(6)];
        var counts = new int[4];
        for (int i = 0; i < 4000; i++) counts[Sampling.Draw(logits)]++;
        Assert.Equal(0, counts[2]);
        Assert.InRange(counts[0], 320, 480);
        Assert.InRange(counts[1], 1080, 1320);
        for (int i = 0; i < 100; i++) Assert.NotEqual(0, Sampling.Draw(logits, topK: 2));
    }
}
