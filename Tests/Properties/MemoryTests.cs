using Xunit;

namespace NanoAttention.Tests;

/// <summary>Tests that count what the whole process allocates run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class AloneCollection
{
    public const string Name = "alone";
}

/// <summary>Changes in place, scopes and the pool.</summary>
[Collection(AloneCollection.Name)]
public class MemoryTests
{
    static Tensor Leaf(params double[] values) => Tensor.Of(values, [values.Length], DType.F64).RequireGrad();

    [Fact]
    public void A_tensor_changed_after_it_was_recorded_is_named_in_the_backward_pass()
    {
        Tensor x = Leaf(1, 2, 3), w = Leaf(4, 5, 6);
        var y = (x * w).Sum();
        w.Fill(0);
        var message = Assert.Throws<InvalidOperationException>(() => y.Backward()).Message;
        Assert.Contains("Multiply", message);
        Assert.Contains("(3)", message);
        Assert.Contains("changed in place", message);
    }

    [Fact]
    public void A_change_through_a_view_or_of_a_computed_value_is_seen_too()
    {
        Tensor x = Leaf(1, 2, 3), w = Leaf(4, 5, 6);
        var product = (x * w).Sum();
        w.Slice(0, 1, 1).Detach().Fill(0);
        Assert.Contains("changed in place", Assert.Throws<InvalidOperationException>(() => product.Backward()).Message);

        var h = x.Exp();                                        // its backward pass reads its own result
        var y = h.Sum();
        h.Detach().Fill(1);
        Assert.Contains("Exp", Assert.Throws<InvalidOperationException>(() => y.Backward()).Message);
    }

    [Fact]
    public void A_change_of_what_no_pullback_reads_or_before_recording_is_fine()
    {
        Tensor x = Leaf(1, 2, 3), w = Leaf(4, 5, 6);
        w.Fill(2);
        var y = (x + w).Sum() + (2 * x).Sum();
        w.Fill(7);
        y.Backward();
        Assert.Equal([3, 3, 3], x.Grad!.ToDoubles());
    }

    [Fact]
    public void A_use_after_the_scope_names_the_op_and_the_shape()
    {
        Tensor escaped, kept, view;
        Tensor x = Leaf(1, 2, 3);
        using (Scope.Begin())
        {
            escaped = x.Unsqueeze(0) * x.Unsqueeze(1);
            view = escaped.Transpose();
            kept = x.Exp().Keep();
        }
        foreach (var t in new[] { escaped, view })
        {
            var message = Assert.Throws<ObjectDisposedException>(() => (t + 1).ToDoubles()).Message;
            Assert.Contains("Multiply", message);
            Assert.Contains("(3, 3)", message);
            Assert.Contains("Keep()", message);
        }
        Assert.Equal(Math.Exp(1), kept.ToDoubles()[0], 1e-15);
    }

    [Fact]
    public void Leaves_and_their_gradients_outlive_the_scope()
    {
        Tensor made;
        using (Scope.Begin())
        {
            made = Leaf(1, 2);
            (made * made).Sum().Backward();
        }
        Assert.Equal([1, 2], made.ToDoubles());
        Assert.Equal([2, 4], made.Grad!.ToDoubles());
    }

    [Fact]
    public void Inner_scopes_end_before_outer_ones()
    {
        var outer = Scope.Begin();
        var inner = Scope.Begin();
        Assert.Throws<InvalidOperationException>(outer.Dispose);
        inner.Dispose();
        outer.Dispose();
    }

    [Fact]
    public void A_training_loop_allocates_no_tensor_memory_and_stays_flat_over_1000_steps()
    {
        using var _ = Defaults.With(DType.F32, seed: 1);
        Tensor x = Tensor.Normal([32, 8]), target = Tensor.Normal([32, 1]);
        Tensor[] parameters = [Tensor.Normal([16, 8]).RequireGrad(), Tensor.Zeros([16]).RequireGrad(), Tensor.Normal([1, 16]).RequireGrad(), Tensor.Zeros([1]).RequireGrad()];
        double first = Step(), loss = 0;
        for (int i = 0; i < 20; i++) Step();
        long misses = Device.Cpu.PoolMisses, memory = GC.GetTotalMemory(forceFullCollection: true), allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) loss = Step();
        allocated = (GC.GetAllocatedBytesForCurrentThread() - allocated) / 1000;
        Assert.Equal(misses, Device.Cpu.PoolMisses);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 200_000);
        Assert.InRange(allocated, 0, 40_000);                   // nodes, closures and shapes; no numbers
        Assert.InRange(loss, 0, first / 2);

        double Step()
        {
            using var step = Scope.Begin();
            var hidden = x.Linear(parameters[0], parameters[1]).Tanh();
            var error = hidden.Linear(parameters[2], parameters[3]) - target;
            var mean = (error * error).Mean();
            mean.Backward();
            using (Reverse.NoGrad())
                foreach (var p in parameters)
                {
                    p.CopyFrom(p - 0.01 * p.Grad!);
                    p.Grad!.Fill(0);
                }
            return mean.Item();
        }
    }

    [Fact]
    public void Training_a_sequence_model_allocates_no_tensor_memory_in_steady_state()
    {
        using var _ = Defaults.With(DType.F32, seed: 2);
        var model = new Seq2Seq(9, 9, 8, 8, 8);
        var optimizer = new AdamW(model.Parameters(), rate: 1e-2);
        Tensor source = Tensor.From([1, 2, 3, 4, 5, 6, 7, 0], [2, 4]), target = Tensor.From([1, 2, 3, 5, 6, 7], [2, 3]);
        double first = Step(), loss = 0;
        for (int i = 0; i < 10; i++) Step();
        long misses = Device.Cpu.PoolMisses, memory = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 300; i++) loss = Step();
        Assert.Equal(misses, Device.Cpu.PoolMisses);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 200_000);
        Assert.InRange(loss, 0, first / 4);

        double Step()
        {
            using var step = Scope.Begin();
            optimizer.ZeroGrad();
            var error = model.Forward(source, [4, 3], target).CrossEntropy(target);
            error.Backward();
            GradientClipping.Norm(model.Parameters(), 1);
            optimizer.Step();
            return error.Item();
        }
    }
}
