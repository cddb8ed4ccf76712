using System.Runtime.CompilerServices;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>Scopes, the pool and the graph under stress: steps that fail, nesting without order, long runs, several threads at once.</summary>
[Collection(AloneCollection.Name)]
public class StressTests(ITestOutputHelper output)
{
    /// <summary>A small model with its optimiser and a step of training.</summary>
    sealed class Run
    {
        readonly Sequential model;
        readonly AdamW optimizer;
        readonly Tensor x = Tensor.Normal([6, 4]), target = Tensor.Normal([6, 2]);

        public Run()
        {
            model = new(new Linear(4, 8), new LayerNorm(8), new Dropout(0.2), new Linear(8, 2));
            optimizer = new(model.Parameters(), rate: 1e-2);
        }

        /// <summary>A step, into which others can break: at its beginning, in the forward and the backward pass, before the optimiser's step.</summary>
        public double Step(Action<int>? at = null)
        {
            using var step = Scope.Begin();
            at?.Invoke(0);
            optimizer.ZeroGrad();
            double error;
            using (Scope.Begin())
            {
                var y = model.Forward(x);
                at?.Invoke(1);
                y = Reverse.Record(y.Detach(), [(y, dy =>
                {
                    at?.Invoke(2);
                    return dy;
                })], "Through");
                var loss = Loss.MeanSquared(y, target);
                loss.Backward();
                error = loss.Item();
            }
            at?.Invoke(3);
            GradientClipping.Norm(model.Parameters(), 1);
            optimizer.Step();
            return error;
        }

        public float[] Weights => [.. model.Parameters().SelectMany(p => p.ToArray<float>())];
    }

    // Buffers in the pool, and how often it was empty.
    static (int, long) Pool => (Device.Cpu.Pooled, Device.Cpu.PoolMisses);

    [Fact]
    public void A_step_that_fails_midway_leaks_nothing_and_leaves_no_trace()
    {
        using var _ = Defaults.With(seed: 1);
        Run undisturbed = new();
        double[] expected = [.. Enumerable.Range(0, 60).Select(_ => undisturbed.Step())];

        Defaults.Seed = 1;
        Run run = new();
        var losses = new List<double>();
        (int, long) before = default;
        for (int i = 0; i < expected.Length; i++)
        {
            if (i == 10) before = Pool;
            for (int where = 0; i > 0 && where < 4; where++)
            {
                var generator = Defaults.Generator;
                Defaults.Generator = new(generator.Seed, generator.Position);
                var e = Assert.ThrowsAny<Exception>(() => run.Step(at => { if (at == where) Break(i + where); }));
                Assert.True(e is IOException or ArgumentException, $"{e}");
                Assert.Null(Scope.Current);
                Defaults.Generator = generator;
            }
            losses.Add(run.Step());
        }
        Assert.Equal(expected, losses);
        Assert.Equal(undisturbed.Weights, run.Weights);
        Assert.Equal(before, Pool);
        output.WriteLine($"{4 * (expected.Length - 1)} steps failed midway; pool {Pool}");

        // by an exception of one's own, or an operation's
        static void Break(int how)
        {
            if (how % 2 == 0) throw new IOException("the disk is full");
            using var inner = Scope.Begin();
            Tensor.Ones([2, 3]).Exp().MatMul(Tensor.Ones([2, 3]));
        }
    }

    [Fact]
    public void A_backward_pass_that_fails_can_be_taken_again()
    {
        Tensor x = Tensor.Of([1, 2, 3], [3], DType.F64).RequireGrad();
        bool fails = true;
        var h = x.Exp();
        var y = Reverse.Record(h.Detach(), [(h, dy => fails ? throw new IOException("the disk is full") : dy)], "Through");
        var loss = (y * h + y).Sum();
        Assert.Throws<IOException>(() => Reverse.Gradients(loss, [x], retainGraph: true));
        fails = false;
        double[] e = [.. x.ToDoubles().Select(Math.Exp)];
        Assert.Equal([.. e.Select(v => 2 * v * v + v)], Reverse.Gradients(loss, [x])[0]!.ToDoubles(), (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Ten_thousand_steps_are_flat_in_memory_pool_and_graph()
    {
        using var _ = Defaults.With(seed: 2);
        var run = new Run();
        for (int i = 0; i < 50; i++) run.Step();
        long visits = Visits();
        var pool = Pool;
        long memory = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 10_000; i++) run.Step();
        Assert.Equal(pool, Pool);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 200_000);
        Assert.Equal(visits, Visits());
        var node = LastNode();
        GC.Collect();
        Assert.False(node.TryGetTarget(out Node<Tensor>? _));
        output.WriteLine($"10,000 steps: {visits} nodes each, pool {pool}");

        long Visits()
        {
            long before = Reverse.Visited;
            run.Step();
            return Reverse.Visited - before;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        WeakReference<Node<Tensor>> LastNode()
        {
            using var step = Scope.Begin();
            var loss = Tensor.Ones([3]).RequireGrad().Exp().Sum();
            loss.Backward();
            return new(loss.Source!);
        }
    }

    /// <summary>What is alive holds what was written to it, what is not says so: memory has one owner at a time.</summary>
    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public void Scopes_nested_at_random_take_back_what_is_theirs_and_nothing_else(int seed)
    {
        var random = new Random(seed);
        var open = new Stack<(Scope Scope, List<Made> Here)>();
        var all = new List<Made>();
        int reads = 0, refusals = 0, value = 0;
        for (int i = 0; i < 5_000; i++)
            switch (random.Next(8))
            {
                case 0 when open.Count < 6:
                    open.Push((Scope.Begin(), []));
                    break;
                case 1 when open.TryPop(out var ended):
                    ended.Scope.Dispose();
                    ended.Scope.Dispose();              // a second time changes nothing
                    foreach (var made in ended.Here) made.Dead = !made.Kept;
                    break;
                case 2 when Any() is { Dead: false } some:
                    some.X.Keep();
                    some.Kept = true;
                    break;
                case 3 when Any() is { } some:
                    if (some.Dead) Refused(some);
                    else
                    {
                        Assert.All(some.X.ToArray<float>(), v => Assert.Equal(some.Value, v));
                        reads++;
                    }
                    break;
                default:
                    if (open.Count == 0) break;
                    var fresh = new Made(Tensor.Full([random.Next(1, 9), random.Next(1, 300)], ++value, DType.F32) * 1, value);
                    if (random.Next(3) == 0) fresh = new(fresh.X.Transpose(), value);
                    open.Peek().Here.Add(fresh);
                    all.Add(fresh);
                    break;
            }
        while (open.TryPop(out var last)) last.Scope.Dispose();
        output.WriteLine($"{all.Count} tensors, {reads} read, {refusals} refused");
        Assert.True(reads > 50 && refusals > 50);

        Made? Any() => all.Count == 0 ? null : all[random.Next(Math.Max(0, all.Count - 40), all.Count)];

        void Refused(Made dead)
        {
            string message = Assert.Throws<ObjectDisposedException>(() => (dead.X + 1).ToDoubles()).Message;
            Assert.Contains("the result of Multiply (", message);
            Assert.Contains("Keep()", message);
            refusals++;
        }
    }

    sealed class Made(Tensor x, int value)
    {
        public Tensor X => x;
        public int Value => value;
        public bool Kept { get; set; }
        public bool Dead { get; set; }
    }

    [Fact]
    public void A_backward_pass_after_the_scope_names_whose_memory_it_misses()
    {
        Tensor x = Tensor.Of([1, 2, 3], [3], DType.F64).RequireGrad(), loss;
        using (Scope.Begin()) loss = (x.Exp() * x.Sin()).Sum().Keep();
        Assert.Matches("the result of (Exp|Sin) \\(3\\) was used after the Scope", Assert.Throws<ObjectDisposedException>(() => loss.Backward()).Message);
    }

    [Fact]
    public void A_scope_ends_on_the_thread_it_began_on()
    {
        using var scope = Scope.Begin();
        var x = Tensor.Ones([3]) * 2;
        Exception? elsewhere = null;
        var thread = new Thread(() => elsewhere = Record.Exception(scope.Dispose));
        thread.Start();
        thread.Join();
        Assert.Contains("on the thread that began them", Assert.IsType<InvalidOperationException>(elsewhere).Message);
        Assert.Equal([2, 2, 2], x.ToDoubles());
    }

    /// <summary>Each thread with tensors, scopes, random numbers and a model of its own: the same bits as alone.</summary>
    [Fact]
    public void Threads_that_train_at_once_do_not_disturb_each_other()
    {
        Func<ulong, double[]>[] runs = [TrainDense, TrainGpt, TrainLstm];
        var expected = Enumerable.Range(0, 6).Select(i => runs[i % 3]((ulong)i)).ToArray();
        var threads = new Thread[6];
        var found = new double[6][];
        var errors = new Exception?[6];
        for (int i = 0; i < threads.Length; i++)
        {
            int me = i;
            threads[i] = new(() => errors[me] = Record.Exception(() => found[me] = runs[me % 3]((ulong)me)));
        }
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Assert.All(errors, Assert.Null);
        for (int i = 0; i < found.Length; i++) Assert.Equal(expected[i], found[i]);
        output.WriteLine($"{threads.Length} threads: {found.Sum(f => f.Length)} losses and weights, bit for bit as alone");
    }

    static double[] TrainDense(ulong seed)
    {
        using var _ = Defaults.With(seed: seed);
        var run = new Run();
        double[] losses = [.. Enumerable.Range(0, 200).Select(_ => run.Step())];
        return [.. losses, .. run.Weights];
    }

    static double[] TrainGpt(ulong seed)
    {
        using var _ = Defaults.With(seed: seed);
        var model = new Gpt(new GptConfig(11, Block: 8, Layers: 1, Heads: 2, Size: 32, Dropout: 0.1));
        int[] text = [.. Enumerable.Range(0, 64).Select(i => i * i % 11)];
        return Train(model, i => model.Loss(Tensor.From<int>(text.AsSpan(i % 8, 32), [4, 8]), Tensor.From<int>(text.AsSpan(i % 8 + 1, 32), [4, 8])));
    }

    static double[] TrainLstm(ulong seed)
    {
        using var _ = Defaults.With(seed: seed);
        var model = new Lstm(3, 16);
        var x = Tensor.Normal([4, 5, 3]);
        (Tensor H, Tensor C)? state = null;
        return Train(model, i =>
        {
            var (y, next) = model.Forward(x, state);
            state = (next.H.Detach(), next.C.Detach());
            return y.Square().Mean();
        });
    }

    static double[] Train(Module model, Func<int, Tensor> loss)
    {
        var optimizer = new AdamW(model.Parameters(), rate: 1e-2);
        var losses = new List<double>();
        for (int i = 0; i < 40; i++)
        {
            using var step = Scope.Begin();
            optimizer.ZeroGrad();
            var error = loss(i);
            error.Backward();
            optimizer.Step();
            losses.Add(error.Item());
        }
        return [.. losses, .. model.Parameters().SelectMany(p => p.ToDoubles())];
    }
}
