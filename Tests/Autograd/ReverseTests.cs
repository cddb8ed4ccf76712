using Xunit;

namespace NanoAttention.Tests;

/// <summary>The reverse pass itself: shared, deep, nested and threaded graphs, and what it says when something is wrong.</summary>
public class ReverseTests
{
    static Scalar Leaf(double value) => new Scalar(value).RequireGrad();

    [Fact]
    public void A_chain_of_100_000_nodes_needs_no_deep_stack()
    {
        var x = Leaf(0.25);
        var y = x;
        for (int i = 0; i < 100_000; i++) y += x;
        double found = 0;
        var thread = new Thread(() => { y.Backward(); found = x.Grad!.Value; }, maxStackSize: 256 * 1024);
        thread.Start();
        thread.Join();
        Assert.Equal(100_001, found);
    }

    [Fact]
    public void A_diamond_repeated_is_walked_once_a_node()
    {
        var x = Leaf(1);
        var y = x;
        int pulled = 0;
        for (int i = 0; i < 60; i++)
        {
            var counted = Reverse.Record(new Scalar(y.Value), [(y, dy => { pulled++; return dy; })], "Counted");
            y = 0.5 * counted + 0.5 * counted;
        }
        y.Backward();
        Assert.Equal((1.0, 60), (x.Grad!.Value, pulled));
    }

    [Fact]
    public void Uses_of_one_value_add_up()
    {
        var x = Leaf(3);
        (x * x + x).Backward();
        Assert.Equal(7, x.Grad!.Value);
        (x * x).Backward();
        Assert.Equal(13, x.Grad!.Value);
    }

    [Fact]
    public void A_leafs_gradient_shares_memory_with_nothing()
    {
        foreach (bool create in new[] { false, true })
        {
            Vec a = new(1, 2), b = new(3, 4), seed = new(5, 6);
            Reverse.Leaf(a);
            Reverse.Leaf(b);
            Reverse.Backward(a + b, seed, createGraph: create);
            Assert.NotSame(a.Grad, b.Grad);
            Reverse.Backward(1 * a, new Vec(10, 10));
            Assert.Equal([15, 16], a.Grad!.Data);
            Assert.Equal([5, 6], b.Grad!.Data);
            Assert.Equal([5, 6], seed.Data);
        }
    }

    [Fact]
    public void Recorded_gradients_of_two_leaves_are_two_values_with_history()
    {
        Vec a = new(1, 2), b = new(3, 4), w = new(2, 3);
        foreach (var x in new[] { a, b, w }) Reverse.Leaf(x);
        Reverse.Backward(((a + b) * w).Sum(), createGraph: true);
        Assert.NotSame(a.Grad, b.Grad);
        Assert.NotSame(w, a.Grad);
        Assert.Equal([1, 1], Reverse.Gradients(a.Grad!.Sum(), [w])[0]!.Data);
    }

    [Fact]
    public void Derivatives_of_third_order()
    {
        var x = Leaf(2);
        var f = x.Pow(4) + (2 * x).Sin();
        var d1 = Reverse.Gradients(f, [x], createGraph: true)[0]!;
        var d2 = Reverse.Gradients(d1, [x], createGraph: true)[0]!;
        var d3 = Reverse.Gradients(d2, [x])[0]!;
        Assert.Equal(32 + 2 * Math.Cos(4), d1.Value, 1e-12);
        Assert.Equal(48 - 4 * Math.Sin(4), d2.Value, 1e-12);
        Assert.Equal(48 - 8 * Math.Cos(4), d3.Value, 1e-12);
        Assert.Null(x.Grad);
    }

    [Fact]
    public void Gradients_of_values_in_the_middle_leave_the_rest_alone()
    {
        Scalar x = Leaf(2), unused = Leaf(1);
        var h = x * x;
        var y = h * h + h;
        var g = Reverse.Gradients(y, [h, unused], retainGraph: true);
        Assert.Equal(9, g[0]!.Value);
        Assert.Null(g[1]);
        Assert.Equal([1.0, 9, 36], Reverse.Gradients(y, [y, h, x]).Select(v => v!.Value));
        Assert.Null(x.Grad);
    }

    [Fact]
    public void Asking_for_the_gradient_of_a_middle_value_frees_only_what_was_walked()
    {
        var x = Leaf(3);
        var h = x * x;
        Assert.Equal(2, Reverse.Gradients(2 * h, [h])[0]!.Value);
        h.Backward();
        Assert.Equal(6, x.Grad!.Value);
    }

    [Fact]
    public void Asking_for_no_gradients_touches_no_Grad()
    {
        var x = Leaf(3);
        Assert.Empty(Reverse.Gradients(x * x, []));
        Assert.Null(x.Grad);
    }

    [Fact]
    public void Pullbacks_off_the_way_to_the_wanted_values_do_not_run()
    {
        Scalar x = Leaf(2), w = Leaf(5);
        bool ran = false;
        var y = Reverse.Record(new Scalar(10), [(x, dy => dy * w), (w, dy => { ran = true; return dy * x; })], "Product");
        Assert.Equal(5, Reverse.Gradients(y, [x])[0]!.Value);
        Assert.False(ran);
    }

    [Fact]
    public void A_pullback_may_run_a_backward_pass_of_its_own()
    {
        var x = Leaf(0.5);
        static Scalar Enclosed(Scalar input)                    // a graph of its own inside one node
        {
            var inner = Leaf(input.Value);
            var y = (inner * inner).Exp();
            return Reverse.Record(new Scalar(y.Value), [(input, dy => Reverse.Gradients(y, [inner], dy)[0]!)]);
        }
        (Enclosed(x) * x).Backward();
        Assert.Equal(Math.Exp(0.25) * (1 + 2 * 0.25), x.Grad!.Value, 1e-12);
        Assert.True(Reverse.Recording);
    }

    [Fact]
    public void A_nested_pass_over_nodes_of_the_outer_one_disturbs_nothing()
    {
        var x = Leaf(3);
        var shared = x * x;
        var nested = Reverse.Record(new Scalar(shared.Value), [(shared, dy => dy * Reverse.Gradients(shared, [x], retainGraph: true)[0]!)], "Nested");
        // L = nested + shared · x; the nested pullback hands dy · 2x to shared: 2x · 2x + 3x²
        (nested + shared * x).Backward();
        Assert.Equal(4 * 9 + 27, x.Grad!.Value);
    }

    [Fact]
    public void A_nested_pass_that_frees_nodes_of_the_outer_one_is_an_error()
    {
        var x = Leaf(3);
        var shared = x * x;
        var nested = Reverse.Record(new Scalar(shared.Value), [(shared, dy => dy * Reverse.Gradients(shared, [x])[0]!)], "Nested");
        Assert.Contains("freed the graph behind Multiply", Assert.Throws<InvalidOperationException>(() => nested.Backward()).Message);
    }

    [Fact]
    public void Threads_may_walk_graphs_that_share_nodes()
    {
        var x = Leaf(2);
        var trunk = x * x;
        var found = new double[4];
        Parallel.For(0, 4, t =>
        {
            for (int i = 0; i < 500; i++) found[t] += Reverse.Gradients((t + 1) * trunk * x, [x], retainGraph: true)[0]!.Value;
        });
        Assert.Equal([6000.0, 12000, 18000, 24000], found);
    }

    [Fact]
    public void Threads_add_up_in_one_leafs_gradient()
    {
        var x = Leaf(2);
        Parallel.For(0, 1000, _ => (3 * x).Backward());
        Assert.Equal(3000, x.Grad!.Value);
    }

    [Fact]
    public void NoGrad_records_nothing_on_this_thread_only_and_nests()
    {
        var x = Leaf(2);
        using (Reverse.NoGrad())
        {
            using (Reverse.NoGrad()) Assert.Null((x * x).Source);
            Assert.False(Reverse.Recording);
            Assert.Null((x * x).Source);
            bool elsewhere = false;
            var thread = new Thread(() => elsewhere = (x * x).Source is not null);
            thread.Start();
            thread.Join();
            Assert.True(elsewhere);
        }
        Assert.NotNull((x * x).Source);
    }

    [Fact]
    public void A_NoGrad_disposed_twice_leaves_recording_on()
    {
        var pause = Reverse.NoGrad();
        pause.Dispose();
        pause.Dispose();
        Assert.True(Reverse.Recording);
    }

    [Fact]
    public void A_pass_that_fails_leaves_recording_and_the_graph_as_they_were()
    {
        var x = Leaf(2);
        bool fail = true;
        var y = Reverse.Record(new Scalar(4), [(x, dy => fail ? throw new DivideByZeroException() : dy * 4)], "Fails") * x;
        Assert.Throws<DivideByZeroException>(() => y.Backward(retainGraph: true));
        Assert.True(Reverse.Recording);
        x.Grad = null;
        fail = false;
        y.Backward();
        Assert.Equal(12, x.Grad!.Value);
    }

    [Fact]
    public void A_second_pass_over_a_freed_graph_names_the_op_and_the_remedy()
    {
        var x = Leaf(2);
        var h = x.Exp();
        var y = h * h;
        y.Backward();
        var message = Assert.Throws<InvalidOperationException>(() => y.Backward()).Message;
        Assert.Contains("freed the graph behind Multiply", message);
        Assert.Contains("retainGraph: true", message);
        Assert.Contains("behind Exp", Assert.Throws<InvalidOperationException>(() => (h + x).Backward()).Message);
        x.Grad = null;
        (x * x).Backward();                                     // the failed passes left x usable
        Assert.Equal(4, x.Grad!.Value);
    }

    [Fact]
    public void A_retained_graph_is_walked_again()
    {
        var x = Leaf(2);
        var y = x.Pow(3);
        y.Backward(retainGraph: true);
        y.Backward();
        Assert.Equal(24, x.Grad!.Value);
    }

    [Fact]
    public void A_root_of_several_numbers_needs_a_seed()
    {
        var x = new Vec(1, 2);
        Reverse.Leaf(x);
        Assert.Contains("give a seed", Assert.Throws<InvalidOperationException>(() => Reverse.Backward(2 * x)).Message);
        Reverse.Backward(2 * x, new Vec(1, 10));
        Assert.Equal([2, 20], x.Grad!.Data);
        Assert.Contains("3 numbers for 2", Assert.Throws<InvalidOperationException>(() => Reverse.Backward(2 * x, new Vec(1, 2, 3))).Message);
    }

    [Fact]
    public void A_value_without_graph_has_no_gradient()
    {
        Assert.Contains("RequireGrad", Assert.Throws<InvalidOperationException>(() => new Scalar(2).Backward()).Message);
        Scalar x = Leaf(1), plain = 2;
        Assert.Equal([null, plain], Reverse.Gradients(x * plain, [plain, x]), (a, b) => a?.Value == b?.Value);
        Assert.Contains("computed by Multiply", Assert.Throws<InvalidOperationException>(() => (x * x).RequireGrad()).Message);
    }

    [Fact]
    public void A_result_that_is_not_fresh_is_refused()
    {
        Scalar x = Leaf(1);
        Assert.Contains("Twice: the result to record is already part of a graph",
            Assert.Throws<ArgumentException>(() => Reverse.Record(x + x, [(x, dy => dy + dy)], "Twice")).Message);
    }

    [Fact]
    public void A_fused_pullback_must_answer_for_every_input()
    {
        Scalar x = Leaf(1), w = Leaf(2);
        var y = Reverse.Record(new Scalar(2), [x, w], dy => [dy], "Fused");
        Assert.Contains("Fused: its pullback returned 1 gradients for 2 inputs", Assert.Throws<InvalidOperationException>(() => y.Backward()).Message);
    }

    [Fact]
    public void A_gradient_that_does_not_fit_names_the_op()
    {
        var x = new Vec(1, 2);
        Reverse.Leaf(x);
        var y = Reverse.Record(new Vec(3.0), [(x, dy => dy)], "Total");
        Assert.Contains("Total: a gradient of 1 numbers for 2", Assert.Throws<InvalidOperationException>(() => Reverse.Backward(y)).Message);
    }

    [Fact]
    public void A_fused_op_keeps_its_own_list_of_inputs()
    {
        Scalar x = Leaf(2), w = Leaf(5);
        Scalar[] inputs = [x, w];
        var y = Reverse.Record(new Scalar(10), inputs, dy => [dy * w, dy * x], "Product");
        inputs[0] = 7;                                          // the caller goes on with its array
        y.Backward();
        Assert.Equal((5.0, 2.0), (x.Grad!.Value, w.Grad!.Value));
        Assert.Same(w, inputs[1]);
    }
}
