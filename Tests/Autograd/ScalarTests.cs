using Xunit;

namespace NanoAttention.Tests;

/// <summary>Scalar's operations against numeric slopes, first and second order.</summary>
public class ScalarTests
{
    public static TheoryData<string> Names => [.. ScalarExamples.Names];

    [Theory, MemberData(nameof(Names))]
    public void First_and_second_derivatives_match_numeric_slopes(string name)
    {
        foreach (var report in ScalarExamples.Check(name)) Assert.Empty(report.ThrowIfFailed().Kinks);
    }

    [Fact]
    public void Relu_has_slope_0_at_0()
    {
        var x = new Scalar(0).RequireGrad();
        x.Relu().Backward();
        Assert.Equal(0, x.Grad!.Value);
    }

    [Fact]
    public void Prints_value_name_and_gradient_whatever_the_culture()
    {
        var x = new Scalar(1.5) { Name = "x" }.RequireGrad();
        Assert.Equal("x = 1.5", x.ToString());
        (x * x).Backward();
        Assert.Equal("x = 1.5 (gradient 3)", x.ToString());
    }
}
