using Xunit;

namespace NanoAttention.Tests;

/// <summary>Backward passes over tensors: inside each other, on several threads, recorded, and what they visit.</summary>
public class PassTests
{
    static Tensor Numbers(params ReadOnlySpan<int> sizes) => Tensor.Uniform(Shape.Create(sizes), -1, 1, DType.F64);

    [Theory, InlineData(false), InlineData(true)]
    public void A_pass_within_a_pass_leaves_the_gradient_of_a_split_alone(bool create)
    {
        var x = Tensor.Ones([4, 2], DType.F64).RequireGrad();
        var t = x.Unbind();
        Tensor inner = (t[0] * 10 + t[1] * 20 + t[2] * 30 + t[3] * 40).Sum();
        double[]? found = null;
        var through = Reverse.Record(t[2].Detach(), [(t[2], dy =>
        {
            found = Reverse.Gradients(inner, [x], retainGraph: true, createGraph: create)[0]!.ToDoubles();
            return dy;
        })], "Through");
        Reverse.Backward((t[0] + 2 * t[1] + 3 * through + 4 * t[3]).Sum(), retainGraph: true);
        Assert.Equal([1, 1, 2, 2, 3, 3, 4, 4], x.Grad!.ToDoubles());
        Assert.Equal([10, 10, 20, 20, 30, 30, 40, 40], found!);
    }

    [Fact]
    public void Threads_walk_one_split_at_once()
    {
        var x = Tensor.Ones([3, 2], DType.F64).RequireGrad();
        var t = x.Unbind();
        Parallel.For(1, 5, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            var y = (t[0] * i + t[1] * (2 * i) + t[2] * (3 * i)).Sum();
            for (int k = 0; k < 50; k++)
                Assert.Equal([i, i, 2 * i, 2 * i, 3 * i, 3 * i], Reverse.Gradients(y, [x], retainGraph: true, createGraph: k % 3 == 0)[0]!.ToDoubles());
        });
    }

    [Fact]
    public void A_recorded_pass_gives_inputs_that_depend_on_each_other_their_own_share()
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        Tensor x = Numbers(3, 4).RequireGrad(), c = Numbers(3, 4).RequireGrad();
        foreach (var y in new[]
        {
            Tensor.ScaledDotProductAttention(x, x, x),
            Tensor.ScaledDotProductAttention(x, x * 2, (x * 3).Exp()),
            Tensor.LstmCell(Tensor.Concat([c, c * 2, c * x, x], 1), c).H,
            x.LayerNorm(x.Sum(0), x.Mean(0).Exp()),
        })
        {
            var weights = Numbers(3, 4);
            Tensor?[] plain = Reverse.Gradients(y, [x, c], weights, retainGraph: true), recorded = Reverse.Gradients(y, [x, c], weights, createGraph: true);
            for (int i = 0; i < 2; i++)
            {
                Assert.Equal(plain[i] is null, recorded[i] is null);
                Assert.Equal(plain[i]?.ToDoubles() ?? [], recorded[i]?.ToDoubles() ?? [], (a, b) => Math.Abs(a - b) < 1e-12);
            }
        }
    }

    [Fact]
    public void A_recorded_pass_visits_as_many_nodes_a_layer_however_deep_the_model()
    {
        Assert.Equal(Visits(24) - Visits(16), Visits(16) - Visits(8));

        static long Visits(int depth)
        {
            Tensor weight = Numbers(4).RequireGrad(), x = Numbers(2, 4).RequireGrad(), c = Numbers(2, 4), first = x;
            for (int i = 0; i < depth; i++)
            {
                x = x.LayerNorm(weight, weight);
                (x, c) = Tensor.LstmCell(Tensor.Concat([x, x, x, x], 1), c);
                x = x + Tensor.ScaledDotProductAttention(x, x, c);
            }
            var loss = x.CrossEntropy(Tensor.Zeros([2], DType.I32));
            long before = Reverse.Visited;
            Reverse.Gradients(loss, [first, weight], createGraph: true);
            return Reverse.Visited - before;
        }
    }

    [Fact]
    public void Gradients_of_a_late_value_do_not_visit_what_came_before_it()
    {
        Tensor x = Numbers(3).RequireGrad(), y = x;
        for (int i = 0; i < 100; i++) y = y * 2;
        var z = y.Exp().Sum();
        long before = Reverse.Visited;
        Assert.Equal(y.Exp().ToDoubles(), Reverse.Gradients(z, [y], retainGraph: true)[0]!.ToDoubles());
        Assert.Equal(3, Reverse.Visited - before);
    }

    [Fact]
    public void A_leaf_made_after_an_operation_gets_nothing_from_it()
    {
        using var _ = Defaults.With(DType.F64, seed: 2);
        Tensor x = Numbers(2, 3).RequireGrad(), weight = Numbers(3);
        var early = x.LayerNorm(weight);
        weight.RequireGrad();
        var y = early.LayerNorm(weight).Sum();
        double[] later = Reverse.Gradients(early.Detach().LayerNorm(weight).Sum(), [weight])[0]!.ToDoubles();
        Assert.Equal(later, Reverse.Gradients(y, [weight], retainGraph: true)[0]!.ToDoubles());
        y.Backward();
        Assert.Equal(later, weight.Grad!.ToDoubles());
    }
}
