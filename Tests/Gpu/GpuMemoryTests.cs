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
