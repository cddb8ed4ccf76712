using Xunit;

namespace NanoAttention.Tests;

/// <summary>The gradient check passes what is right, catches what is wrong, and says which.</summary>
public class GradCheckTests
{
    [Theory, InlineData(1e-3), InlineData(1), InlineData(1e3)]
    public void Correct_gradients_pass_at_every_magnitude(double scale)
    {
        int slopes = 0;
        for (int seed = 1; seed <= 60; seed++)
        {
            Vec x = Vec.Random(7, seed, scale), w = Vec.Random(7, 1000 + seed, scale);
            foreach (Func<Vec> f in new Func<Vec>[] { () => x.Softmax() * w, () => (x * w).Tanh() + x, () => (1e-3 * x).Exp() * w, () => (x * x + w * w).Log() })
            {
                var report = GradCheck.Run(f, x, w);
                Assert.True(report.Passed, $"scale {scale}, seed {seed}: {report}");
                slopes += report.Slopes.Count;
            }
        }
        Assert.Equal(60 * 4 * 2 * (7 + 2), slopes);
    }

    [Fact]
    public void A_function_of_something_else_does_not_pass()
    {
        Vec meant = new(1, 2), other = new(3, 4);
        var report = GradCheck.Run(() => other * other, meant);
        Assert.False(report.Passed);
        Assert.Contains("makes no use of meant", report.ToString());
    }

    [Fact]
    public void A_softmax_backward_rounded_to_float_is_caught()
    {
        int caught = Caught((y, dy) => Exact(y, dy).Map(v => (float)v));
        Assert.InRange(caught, 98, 100);
    }

    public static TheoryData<string> Mutations => ["one percent off", "dropped term", "coupling one percent off", "sign", "zero", "one element swapped", "one element 1e-6 off"];

    [Theory, MemberData(nameof(Mutations))]
    public void A_wrong_softmax_backward_is_always_caught(string mutation)
    {
        Func<Vec, Vec, Vec> wrong = mutation switch
        {
            "one percent off" => (y, dy) => 1.01 * Exact(y, dy),
            "dropped term" => (y, dy) => y * dy,
            "coupling one percent off" => (y, dy) => y * (dy + -1.01 * (dy * y).Sum().Spread(y.Data.Length)),
            "sign" => (y, dy) => -1 * Exact(y, dy),
            "zero" => (y, dy) => 0 * dy,
            "one element swapped" => (y, dy) => { var g = Exact(y, dy).Data; (g[0], g[1]) = (g[1], g[0]); return new(g); }
            ,
            _ => (y, dy) => { var g = Exact(y, dy).Data; g[2] *= 1 + 1e-6; return new(g); }
            ,
        };
        Assert.Equal(100, Caught(wrong));
    }

    static Vec Exact(Vec y, Vec dy) => y * (dy + -1 * (dy * y).Sum().Spread(y.Data.Length));

    static int Caught(Func<Vec, Vec, Vec> backward)
    {
        int caught = 0;
        for (int seed = 1; seed <= 100; seed++)
        {
            var x = Vec.Random(5, seed);
            if (!GradCheck.Run(() => x.Softmax(backward), x).Passed) caught++;
        }
        return caught;
    }

    [Fact]
    public void A_failure_names_the_input_the_coordinate_and_both_slopes()
    {
        Vec x = Vec.Random(4, 1), weight = Vec.Random(4, 2);
        Vec Wrong() => Reverse.Record(new Vec([.. x.Data.Zip(weight.Data, (a, b) => a * b)]),
            [(x, dy => dy * weight), (weight, dy => dy * x.Map(v => v == x.Data[2] ? 1.5 * v : v))], "Wrong");
        var report = GradCheck.Run(Wrong, x, weight);
        Assert.False(report.Passed);
        var worst = Assert.Single(report.Slopes, s => !s.Passed && s.Index >= 0);
        Assert.Equal(("weight", 2), (worst.Input, worst.Index));
        Assert.Equal(worst.Half * 1.5, worst.Analytic, 1e-9);
        Assert.Contains("weight[2]", worst.ToString());
        Assert.Contains("numeric", worst.ToString());
        var thrown = Assert.Throws<InvalidOperationException>(() => report.ThrowIfFailed());
        Assert.Contains("gradient check failed at", thrown.Message);
    }

    [Theory, InlineData(0), InlineData(0.5), InlineData(1)]
    public void At_a_kink_any_slope_between_the_two_sides_passes_and_the_report_says_so(double slope)
    {
        Vec x = new(-1, 0, 2);
        var report = GradCheck.Run(() => x.Relu(slope), x).ThrowIfFailed();
        var kink = Assert.Single(report.Kinks, s => s.Index >= 0);
        Assert.Equal(1, kink.Index);
        Assert.Contains("kink", report.ToString());
    }

    [Theory, InlineData(-0.01), InlineData(1.01)]
    public void At_a_kink_a_slope_outside_of_the_two_sides_fails(double slope)
    {
        Vec x = new(-1, 0, 2);
        var report = GradCheck.Run(() => x.Relu(slope), x);
        Assert.Equal([1], report.Slopes.Where(s => !s.Passed && s.Index >= 0).Select(s => s.Index));
        Assert.Contains("does not lie between", report.ToString());
    }

    [Theory, InlineData(1e-4), InlineData(8.888888888888889e-4), InlineData(1e-3), InlineData(1.9e-3), InlineData(-3e-4)]
    public void Beside_a_kink_the_step_shrinks_until_the_slope_is_exact(double distance)
    {
        Vec x = new(distance, 1, -1);
        Assert.Empty(GradCheck.Run(() => x.Relu(), x).ThrowIfFailed().Kinks);
        var wrong = GradCheck.Run(() => Reverse.Record(x.Relu().Map(v => v), [(x, dy => dy * x.Map(v => v > 0 ? 0.999 : 0))], "Wrong"), x);
        Assert.False(wrong.Passed);
    }

    [Fact]
    public void Near_the_edge_of_a_domain_the_step_shrinks()
    {
        Vec x = new(1e-3, 5e-4, 1e-5, 1, 2);
        GradCheck.Run(() => x.Log(), x).ThrowIfFailed();
        GradCheck.Run(() => x.Sqrt(), x).ThrowIfFailed();
        Assert.False(GradCheck.Run(() => Reverse.Record(x.Map(Math.Log), [(x, dy => 1.0001 * (dy * x.Reciprocal()))], "Wrong"), x).Passed);
    }

    [Fact]
    public void What_is_not_finite_is_reported()
    {
        Vec negative = new(-1, 1), zero = new(0, 1), x = new(1, 2);
        Assert.Contains("output 0 is NaN", GradCheck.Run(() => negative.Sqrt(), negative).ToString());
        Assert.Contains("not finite", GradCheck.Run(() => zero.Sqrt(), zero).ToString());
        Assert.Contains("edge of its domain", GradCheck.Run(() => Reverse.Record(zero.Map(Math.Sqrt), [(zero, dy => dy)], "Root"), zero).ToString());
        Assert.Contains("not finite", GradCheck.Run(() => Reverse.Record(x.Map(v => v), [(x, dy => new Vec(double.NaN, 1))], "Wrong"), x).ToString());
    }

    [Fact]
    public void A_function_that_is_not_the_same_twice_is_reported()
    {
        var random = new Random(1);
        var x = Vec.Random(3, 1);
        Assert.Contains("different outputs", GradCheck.Run(() => random.NextDouble() * x, x).ToString());
    }

    [Fact]
    public void Inputs_are_left_as_they_were()
    {
        var x = Vec.Random(5, 3);
        double[] before = [.. x.Data];
        GradCheck.Run(() => x.Softmax(), x);
        GradCheck.Second(() => x.Softmax(), x);
        Assert.Equal(before, x.Data);
        Assert.Null(x.Source);
        Assert.Null(x.Grad);
    }

    [Fact]
    public void A_large_input_is_sampled_and_directions_are_added()
    {
        var x = Vec.Random(500, 1);
        var report = GradCheck.Run(() => x.Tanh(), [x], ["x"], coordinates: 20).ThrowIfFailed();
        Assert.Equal(20, report.Slopes.Where(s => s.Index >= 0).Select(s => s.Index).Distinct().Count());
        Assert.Equal(2, report.Slopes.Count(s => s.Index < 0));
        Vec Wrong() => Reverse.Record(x.Map(Math.Tanh), [(x, dy => { var g = dy * x.Map(v => 1 - Math.Tanh(v) * Math.Tanh(v)); g.Data[123] *= 1.01; return g; })], "Wrong");
        Assert.False(GradCheck.Run(Wrong, [x], ["x"], coordinates: 20).Passed);
    }

    [Fact]
    public void A_computed_input_is_refused()
    {
        var x = new Vec(1, 2);
        Reverse.Leaf(x);
        var y = x.Exp();
        Assert.Contains("y was computed by Exp", Assert.Throws<ArgumentException>(() => GradCheck.Run(() => y.Tanh(), y)).Message);
    }

    [Fact]
    public void Second_derivatives_pass_where_they_are_right()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            Vec x = Vec.Random(4, seed), w = Vec.Random(4, 50 + seed);
            GradCheck.Second(() => x.Softmax() * w, x, w).ThrowIfFailed();
            GradCheck.Second(() => (x * w).Tanh().Exp(), x, w).ThrowIfFailed();
            GradCheck.Second(() => x + w, x, w).ThrowIfFailed();
        }
    }

    [Fact]
    public void Second_derivatives_are_caught_where_the_pullback_forgets_its_own_graph()
    {
        var x = Vec.Random(4, 1);
        Vec Forgets() => Reverse.Record(x.Map(Math.Exp), [(x, dy => dy * x.Map(Math.Exp))], "Forgets");
        GradCheck.Run(Forgets, x).ThrowIfFailed();
        Assert.False(GradCheck.Second(Forgets, x).Passed);
        Vec Detached() => Reverse.Record(2 * new Vec([.. x.Data]), [(x, dy => new Vec([.. dy.Data.Select(v => 2 * v)]))], "Detached");
        GradCheck.Run(Detached, x).ThrowIfFailed();
        Assert.Contains("cotangent", GradCheck.Second(Detached, x).Worst!.Input);
    }

    [Fact]
    public void One_value_used_as_two_inputs_and_no_elements_at_all()
    {
        Vec x = Vec.Random(3, 1), nothing = new();
        GradCheck.Run(() => x * x, x, x).ThrowIfFailed();
        Assert.Empty(GradCheck.Run(() => nothing * nothing, nothing).ThrowIfFailed().Slopes);
    }
}
