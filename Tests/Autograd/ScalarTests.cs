using Xunit;

namespace NanoAttention.Tests;

/// <summary>Scalar's operations against numeric slopes, first and second order.</summary>
public class ScalarTests
{
    static readonly Dictionary<string, (Func<Scalar, Scalar, Scalar> F, double A, double B)> functions = new()
    {
        ["a + b"] = ((a, b) => a + b, 0.7, -1.3),
        ["a - b"] = ((a, b) => a - b, 0.7, -1.3),
        ["a * b"] = ((a, b) => a * b, 0.7, -1.3),
        ["a / b"] = ((a, b) => a / b, 0.7, -1.3),
        ["-a + b"] = ((a, b) => -a + b, 0.7, -1.3),
        ["a + a * b"] = ((a, b) => a + a * b, 0.7, -1.3),
        ["2 * a - 3 / b"] = ((a, b) => 2 * a - 3 / b, 0.7, -1.3),
        ["a^2.5 * b"] = ((a, b) => a.Pow(2.5) * b, 0.7, -1.3),
        ["a^3 of a negative number"] = ((a, b) => a.Pow(3) + b, -0.7, -1.3),
        ["a^-1"] = ((a, b) => a.Pow(-1) * b, -0.7, -1.3),
        ["a^0 + b at 0"] = ((a, b) => a.Pow(0) + b, 0, -1.3),
        ["a^1 * b at 0"] = ((a, b) => a.Pow(1) * b, 0, -1.3),
        ["a^2 * b at 0"] = ((a, b) => a.Pow(2) * b, 0, -1.3),
        ["exp"] = ((a, b) => (a * b).Exp(), 0.7, -1.3),
        ["log"] = ((a, b) => a.Log() * b, 0.01, -1.3),
        ["sin"] = ((a, b) => (a * b).Sin(), 0.7, -1.3),
        ["cos"] = ((a, b) => (a * b).Cos(), 0.7, -1.3),
        ["tanh"] = ((a, b) => (a * b).Tanh(), 0.7, -1.3),
        ["relu above"] = ((a, b) => a.Relu() * b, 0.7, -1.3),
        ["relu below"] = ((a, b) => b.Relu() * a + a * a, 0.7, -1.3),
        ["a neuron"] = ((a, b) => (a * b + 0.5 * a).Tanh().Pow(2) / (1 + b.Exp()), 0.7, -1.3),
    };

    public static TheoryData<string> Names => [.. functions.Keys];

    [Theory, MemberData(nameof(Names))]
    public void First_and_second_derivatives_match_numeric_slopes(string name)
    {
        var (f, a, b) = functions[name];
        Scalar x = a, y = b;
        Assert.Empty(GradCheck.Run(() => f(x, y), x, y).ThrowIfFailed().Kinks);
        Assert.Empty(GradCheck.Second(() => f(x, y), x, y).ThrowIfFailed().Kinks);
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
