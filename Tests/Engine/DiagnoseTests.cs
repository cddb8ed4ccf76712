using Xunit;

namespace NanoAttention.Tests;

public class DiagnoseTests
{
    public static TheoryData<string> Names => Cases.Names;

    [Fact]
    public void The_first_operation_that_makes_a_NaN_is_named_with_the_place()
    {
        var x = Tensor.Of([1.0, -4, 9, -16], [2, 2]);
        using var _ = Diagnose.Nan();
        Assert.Equal("Sqrt: its result (2, 2) has a NaN at [0, 1]; none of its inputs has one", Assert.Throws<ArithmeticException>(() => (x + 1).Sqrt().Sum()).Message);
        Assert.Contains("its input 0, (2), has one already, at [1]", Assert.Throws<ArithmeticException>(() => Tensor.Of([1, double.NaN], [2]) * 2).Message);
        x.Exp();        // none
        Tensor.Of([1, double.NaN], [2], DType.F64).Slice(0, 0, 2);      // a view computes nothing
    }

    [Fact]
    public void A_pullback_that_makes_a_NaN_is_named()
    {
        var x = Tensor.Of([0.0, 1], [2]).RequireGrad();
        using var _ = Diagnose.Nan();
        var y = x.Sqrt() * 0;       // 0 · ∞
        Assert.Equal("Sqrt: its backward pass makes a gradient (2) with a NaN at [0]; the gradient that it was given has none",
            Assert.Throws<ArithmeticException>(() => y.Sum().Backward()).Message);
    }

    [Fact]
    public void Nothing_is_looked_for_after_the_trace_has_ended()
    {
        using (Diagnose.Nan()) Tensor.Of([1.0], [1]).Sqrt();
        Assert.True(double.IsNaN(Tensor.Of([-1.0], [1]).Sqrt().Item()));
    }

    /// <summary>No operation makes a NaN on the way that it hides afterwards, forward or backward.</summary>
    [Theory, MemberData(nameof(Names))]
    public void No_case_makes_a_NaN(string name)
    {
        using var _ = Diagnose.Nan();
        var sample = CaseSample.Draw(Cases.Of(name), DType.F64);
        var y = sample.Apply();
        if (y.RequiresGrad) y.Backward(Tensor.Ones(y.Shape, DType.F64));
    }

    [Fact]
    public void Why_there_is_no_gradient_is_explained()
    {
        using var _ = Defaults.With(DType.F64);
        var x = Tensor.Of([1.0, 2], [2]).RequireGrad();
        Assert.Contains("have gradients", Diagnose.WhyNoGradient(Tensor.Zeros([2], DType.I32), x));
        Assert.Contains("RequireGrad", Diagnose.WhyNoGradient(Tensor.Ones([2]), (x * 2).Sum()));
        Assert.Contains("computed under NoGrad", Diagnose.WhyNoGradient(x, x.Detach().Sum()));
        Assert.Contains("does not depend", Diagnose.WhyNoGradient(x, Tensor.Ones([2]).RequireGrad() * x.Detach()));
        var middle = x * 2;
        Assert.Contains("result of Multiply", Diagnose.WhyNoGradient(middle, middle.Sum()));

        var late = Tensor.Of([1.0, 2], [2]);
        var y = (late * x).Sum();
        Assert.Contains("after the root was computed", Diagnose.WhyNoGradient(late.RequireGrad(), y));

        var unused = Tensor.Ones([2]).RequireGrad();
        var root = (x * x).Exp().Sum();
        Assert.Contains("Backward was not called", Diagnose.WhyNoGradient(x, root));
        root.Backward();
        Assert.Equal("It has one.", Diagnose.WhyNoGradient(x, (x * 3).Sum()));
        Assert.Equal("It has one.", Diagnose.WhyNoGradient(x, root));
        Assert.Contains("freed the graph", Diagnose.WhyNoGradient(unused, root));
    }

    [Fact]
    public void A_profile_counts_calls_bytes_and_operations_forward_and_backward()
    {
        var a = Tensor.Ones([8, 16], DType.F32).RequireGrad();
        var b = Tensor.Ones([16, 4], DType.F32);
        using var profile = Profile.Begin();
        for (int i = 0; i < 3; i++) a.MatMul(b).Exp().Sum().Backward();
        var product = profile.Rows.Single(row => row.Op == "MatMul");
        var backward = profile.Rows.Single(row => row.Op == "MatMul′");      // a product too, of the same size
        Assert.Equal((3, 3), (product.Calls, backward.Calls));
        Assert.Equal((3 * 2.0 * 8 * 16 * 4, 3 * 2.0 * 8 * 16 * 4), (product.Operations, backward.Operations));
        Assert.Equal(3 * 4 * (8 * 16 + 16 * 4 + 8 * 4), product.Bytes);
        Assert.True(backward.Bytes >= product.Bytes);
        Assert.Equal(3, profile.Rows.Single(row => row.Op == "Exp").Calls);
        Assert.Equal(3, profile.Rows.Single(row => row.Op == "Exp′").Calls);
        Assert.True(profile.Rows.Zip(profile.Rows.Skip(1)).All(pair => pair.First.Time >= pair.Second.Time));
        Assert.Contains("GFLOP/s", profile.ToString());

        a.Transpose().Sum().Backward();
        Assert.Equal([0, 0], profile.Rows.Where(row => row.Op is "Transpose" or "Transpose′").Select(row => row.Bytes));
        Assert.Equal(4, profile.ToString().Split('\n').Single(line => line.StartsWith("Transpose ")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);

        profile.Dispose();
        a.Exp();
        Assert.Equal(3, profile.Rows.Single(row => row.Op == "Exp").Calls);
    }
}
