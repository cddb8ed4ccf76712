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
        Assert.InRange(allocated, 0, 16_000);                   // nodes, closures and shapes; no numbers
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
    public void A_step_of_a_GPT_allocates_little_beside_its_graph()
    {
        using var _ = Defaults.With(DType.F32, seed: 5);
        var gpt = new Gpt(new(65, 8, 2, 2, 16));
        var optimizer = new AdamW(gpt.Parameters());
        Tensor ids = Ids(), targets = Ids();
        for (int i = 0; i < 5; i++) Step();
        long allocated = GC.GetAllocatedBytesForCurrentThread(), nodes = Reverse.Visited;
        for (int i = 0; i < 10; i++) Step();
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        nodes = Reverse.Visited - nodes;
        Assert.InRange(allocated / nodes, 0, 1000);     // a node's tensor, storage, shape and closure, its gradients', and the optimiser's

        Tensor Ids() => Tensor.Uniform([2, 8], 0, 65).To(DType.I32);

        void Step()
        {
            using var step = Scope.Begin();
            var loss = gpt.Loss(ids, targets);
            optimizer.ZeroGrad();
            loss.Backward();
            GradientClipping.Norm(optimizer.Parameters, 1);
            optimizer.Step();
        }
    }

    [Fact]
    public void A_small_operation_allocates_its_result_and_its_node_alone()
    {
        Tensor x = Leaf(1, 2, 3), y = Tensor.Of(4, 5, 6).To(DType.F64);
        Add();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        Add();
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - allocated) / 100, 0, 250);

        void Add()
        {
            using var step = Scope.Begin();
            for (int i = 0; i < 100; i++) _ = x + y;
        }
    }

    [Fact]
    public void A_carried_state_outlives_its_step_without_growing_memory()
    {
        using var _ = Defaults.With(DType.F32, seed: 3);
        var lstm = new Lstm(3, 5, layers: 2);
        Tensor[] inputs = [.. Enumerable.Range(0, 100).Select(i => Tensor.Normal([2, 4, 3]))];
        double expected = Run(scoped: false);
        for (int i = 0; i < 2; i++) Assert.Equal(expected, Run(scoped: true));
        long misses = Device.Cpu.PoolMisses, memory = GC.GetTotalMemory(forceFullCollection: true);
        Assert.Equal(expected, Run(scoped: true));
        Assert.Equal(misses, Device.Cpu.PoolMisses);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 50_000);

        // truncated backpropagation through time; in between the layer is tried on something else
        double Run(bool scoped)
        {
            (Tensor H, Tensor C)? state = null;
            double gradients = 0;
            foreach (var x in inputs)
            {
                using var step = scoped ? Scope.Begin() : null;
                var (y, next) = lstm.Forward(x, state is { } s ? (s.H.Detach(), s.C.Detach()) : null);
                gradients += Reverse.Gradients((y * y).Sum(), [lstm.Weights["weight_hh_l1"]])[0]!.Sum().Item();
                state = next;
                lstm.Eval();
                using (Reverse.NoGrad())
                using (scoped ? Scope.Begin() : null) lstm.Forward(x);
                lstm.Train();
            }
            return gradients;
        }
    }

    [Fact]
    public void A_cells_state_is_carried_too_and_an_older_one_is_refused()
    {
        using var _ = Defaults.With(DType.F32, seed: 3);
        var cell = new LstmCell(3, 5);
        var x = Tensor.Normal([2, 3]);
        (Tensor H, Tensor C) first = Step(null), second = Step(first);
        double[] third = Step(second).H.ToDoubles();
        Assert.Equal(Step(null, steps: 3).H.ToDoubles(), third);
        Assert.Contains("Keep()", Assert.Throws<ObjectDisposedException>(() => Step(first)).Message);

        (Tensor H, Tensor C) Step((Tensor H, Tensor C)? state, int steps = 1)
        {
            using var step = Scope.Begin();
            for (int i = 0; i < steps; i++) state = cell.Forward(x, state);
            return (state!.Value.H.Detach(), state.Value.C.Detach());
        }
    }

    [Fact]
    public void A_layer_that_is_called_often_in_a_scope_carries_its_last_state_alone()
    {
        using var _ = Defaults.With(DType.F32, seed: 3);
        var lstm = new Lstm(3, 5);
        var x = Tensor.Normal([2, 4, 3]);
        Tensor early, last;
        using (Scope.Begin()) (early, last) = (lstm.Forward(x).State.H.Detach(), lstm.Forward(x).State.H.Detach());
        Assert.Throws<ObjectDisposedException>(() => early.ToDoubles());
        using (Scope.Begin())
        {
            lstm.Forward(x);
            last.ToDoubles();
        }
        Assert.Throws<ObjectDisposedException>(() => last.ToDoubles());
    }

    [Fact]
    public void Training_a_GPT_allocates_no_tensor_memory_and_stays_flat_over_1000_steps()
    {
        using var _ = Defaults.With(DType.F32, seed: 4);
        var model = new Gpt(new GptConfig(11, Block: 8, Layers: 2, Heads: 2, Size: 8, Dropout: 0.1));
        var optimizer = new AdamW(model.DecayGroups(0.1), rate: 3e-3);
        int[] text = [.. Enumerable.Range(0, 64).Select(i => i * i % 11)];
        double first = Step(0);
        for (int i = 1; i < 20; i++) Step(i);
        long misses = Device.Cpu.PoolMisses, memory = GC.GetTotalMemory(forceFullCollection: true);
        double loss = 0;
        for (int i = 0; i < 1000; i++) loss = Step(i);
        Assert.Equal(misses, Device.Cpu.PoolMisses);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 200_000);
        Assert.InRange(loss, 0, first / 2);

        double Step(int i)
        {
            using var step = Scope.Begin();
            int at = i * 8 % 40;
            Tensor ids = Tensor.From<int>(text.AsSpan(at, 16), [2, 8]), targets = Tensor.From<int>(text.AsSpan(at + 1, 16), [2, 8]);
            optimizer.ZeroGrad();
            var error = model.Loss(ids, targets);
            error.Backward();
            GradientClipping.Norm(model.Parameters(), 1);
            optimizer.Step();
            return error.Item();
        }
    }

    [Fact]
    public void Sequences_of_varying_lengths_stop_allocating_when_every_length_was_seen()
    {
        using var _ = Defaults.With(DType.F32, seed: 5);
        var model = new Seq2Seq(9, 9, 8, 8, 8);
        var optimizer = new AdamW(model.Parameters(), rate: 1e-3);
        for (int source = 1; source <= 6; source++)
            for (int target = 1; target <= 6; target++) Step(source, target);
        long misses = Device.Cpu.PoolMisses, memory = GC.GetTotalMemory(forceFullCollection: true);
        var random = new Random(1);
        for (int i = 0; i < 300; i++) Step(random.Next(1, 7), random.Next(1, 7));
        Assert.Equal(misses, Device.Cpu.PoolMisses);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 200_000);

        void Step(int sourceLength, int targetLength)
        {
            using var step = Scope.Begin();
            Tensor source = Tensor.Full([2, sourceLength], 3, DType.I32), target = Tensor.Full([2, targetLength], 4, DType.I32);
            optimizer.ZeroGrad();
            model.Forward(source, [sourceLength, (sourceLength + 1) / 2], target).CrossEntropy(target).Backward();
            GradientClipping.Norm(model.Parameters(), 1);
            optimizer.Step();
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
