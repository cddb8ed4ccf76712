using Xunit;

namespace NanoAttention.Tests;

/// <summary>The GPU's memory: what a training step costs, and what becomes of tensors that nobody hands back.</summary>
[Trait("Category", "Gpu"), Collection(AloneCollection.Name)]
public class GpuMemoryTests
{
    static GpuDevice Gpu => (GpuDevice)Device.Gpu;

    [Fact]
    public void A_training_step_takes_one_upload_no_download_and_no_new_memory()
    {
        using var _ = Defaults.With(DType.F32, Gpu, seed: 1);
        var model = new Sequential(new Embedding(7, 4), new LayerNorm(4), new Linear(4, 7));
        var optimizer = new AdamW([.. model.Parameters()], 0.05);
        int[] tokens = [1, 2, 3, 4, 5, 6];
        double Train(int steps)
        {
            double loss = 0;
            for (int i = 0; i < steps; i++)
            {
                using var step = Scope.Begin();
                var batch = Tensor.From(tokens, [6]);
                optimizer.ZeroGrad();
                var y = model.Forward(batch).CrossEntropy(batch);
                y.Backward();
                optimizer.Step();
                if (i == steps - 1) loss = y.Item();
            }
            return loss;
        }

        double before = Train(3);
        long misses = Gpu.PoolMisses, uploads = Gpu.Uploads, downloads = Gpu.Downloads;
        double after = Train(10);
        Assert.Equal(10, Gpu.Uploads - uploads);
        Assert.Equal(1, Gpu.Downloads - downloads);
        Assert.Equal(misses, Gpu.PoolMisses);
        Assert.True(after < before, $"the loss went from {before} to {after}");
    }

    [Fact]
    public void Training_a_GPT_sends_its_batch_and_reads_the_loss()
    {
        using var _ = Defaults.With(DType.F32, Gpu, seed: 1);
        var model = new Gpt(new GptConfig(7, Block: 4, Layers: 1, Heads: 2, Size: 4, Dropout: 0.1));
        var optimizer = new AdamW(model.DecayGroups(0.1), 0.01);
        int[] ids = [1, 2, 3, 4], targets = [2, 3, 4, 5];
        Check(uploads: 2, downloads: 1, () =>
        {
            optimizer.ZeroGrad();
            var loss = model.Loss(Tensor.From(ids, [1, 4]), Tensor.From(targets, [1, 4]));
            loss.Backward();
            GradientClipping.Norm(model.Parameters(), 1);
            optimizer.Step();
            return loss;
        });
    }

    [Fact]
    public void Training_a_translator_sends_its_batch_and_its_two_masks()
    {
        using var _ = Defaults.With(DType.F32, Gpu, seed: 1);
        var model = new Seq2Seq(7, 7, 4, 4, 4);
        var optimizer = new AdamW(model.Parameters(), 0.01);
        int[] source = [1, 2, 3, 4, 5, 0], target = [2, 3, 4, 5];
        // the source, its steps for the encoder, its steps for the attention, and the target
        Check(uploads: 4, downloads: 1, () =>
        {
            optimizer.ZeroGrad();
            var targets = Tensor.From(target, [2, 2]);
            var loss = model.Forward(Tensor.From(source, [2, 3]), [3, 2], targets).CrossEntropy(targets);
            loss.Backward();
            optimizer.Step();
            return loss;
        });
    }

    // What a step in steady state may cost, the reading of its loss included.
    static void Check(int uploads, int downloads, Func<Tensor> train)
    {
        for (int i = 0; i < 3; i++) Step();
        var before = (Gpu.Uploads, Gpu.Downloads, Gpu.PoolMisses);
        for (int i = 0; i < 3; i++) Step();
        Assert.Equal((3 * uploads, 3 * downloads, 0), (Gpu.Uploads - before.Uploads, Gpu.Downloads - before.Downloads, Gpu.PoolMisses - before.PoolMisses));

        void Step()
        {
            using var step = Scope.Begin();
            Assert.True(double.IsFinite(train().Item()));
        }
    }

    [Fact]
    public void Attention_never_holds_all_scores()
    {
        const int n = 64;
        using var _ = Defaults.With(DType.F32, Gpu, seed: 1);
        using var step = Scope.Begin();             // which hands nothing back before its end
        GC.Collect();                               // nor does the collector, of what other tests have left
        GC.WaitForPendingFinalizers();
        Tensor q = Tensor.Normal([n, 1]).RequireGrad(), k = Tensor.Normal([n, 1]).RequireGrad(), v = Tensor.Normal([n, 1]).RequireGrad();
        long before = Gpu.BytesInUse;
        Tensor.ScaledDotProductAttention(q, k, v, causal: true, dropout: 0.1).Sum().Backward();
        Assert.NotNull(q.Grad);
        Assert.InRange(Gpu.BytesInUse - before, 1, n * n * sizeof(float) - 1);
    }

    [Fact]
    public void Memory_of_collected_tensors_comes_back_without_a_scope()
    {
        const int size = 1 << 20;      // of a class of its own
        Make();
        long misses = Gpu.PoolMisses;
        for (int i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Make();
        }
        Assert.Equal(misses, Gpu.PoolMisses);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Make() => Tensor.Empty([size], DType.F32, Gpu);
    }

    [Fact]
    public void A_tensor_used_after_its_scope_is_refused_and_a_kept_one_is_not()
    {
        Tensor lost, kept;
        using (Scope.Begin()) (lost, kept) = (Tensor.Ones([2], DType.F32, Gpu), Tensor.Ones([2], DType.F32, Gpu).Keep());
        Assert.Throws<ObjectDisposedException>(() => lost + 1);
        Assert.Equal([2f, 2f], (kept + 1).ToArray<float>());
    }

    [Fact]
    public void Uploads_beyond_the_staging_memory_arrive_whole()
    {
        int[] values = [.. Enumerable.Range(0, 300_000)];
        for (int i = 0; i < 6; i++) Assert.Equal(values, Tensor.From(values, [values.Length], Gpu).ToArray<int>());
        Assert.Equal(values[..1000], Tensor.From(values[..1000], [1000], Gpu).ToArray<int>());
    }

    /// <summary>The collector may move an array while its numbers are on their way.</summary>
    [Fact]
    public void Numbers_arrive_while_the_collector_moves_arrays()
    {
        var y = Tensor.Full([100], 3, DType.F32, Gpu);
        var collector = new Thread(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                Thread.Sleep(1);
                GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            }
        });
        collector.Start();
        while (collector.IsAlive) Assert.Equal(-1, y.ToArray<float>().IndexOfAnyExcept(3f));
    }

    /// <summary>The copy that the backward pass makes of a strided gradient is nobody's once its view is taken.</summary>
    [Fact]
    public void Memory_that_a_kernel_is_about_to_read_is_not_handed_out()
    {
        const int n = 37;              // of a class of its own
        bool done = false;
        var takers = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
                Tensor.Full([n, n], -1, DType.F32, Gpu);
            }
        })).ToArray();
        foreach (var taker in takers) taker.Start();
        try
        {
            var x = Tensor.Zeros([n, n], DType.F32, Gpu).RequireGrad();
            var c = Tensor.Full([n, n], 2, DType.F32, Gpu);
            for (int i = 0; i < 300; i++)
            {
                x.Grad = null;
                (x.Exp().Transpose() * c).Sum().Backward();
                Assert.All(x.Grad!.ToArray<float>(), g => Assert.Equal(2f, g));
            }
        }
        finally
        {
            Volatile.Write(ref done, true);
            foreach (var taker in takers) taker.Join();
        }
    }

    [Fact]
    public void Threads_take_turns()
    {
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            for (int k = 0; k < 5; k++)
            {
                using var _ = Scope.Begin();
                var x = Tensor.Full([3, 4], i + k, DType.F32, Gpu);
                Assert.Equal(12.0 * (i + k), (x.MatMul(x.Transpose()).Softmax() * 0 + x.Sum(1, keep: true)).Mean().Item() * 3, 1e-3);
            }
        });
    }
}
