using NanoAttention.Kernels.Gpu;
using NanoAttention.Tests.Kernels;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>The GPU's functions of two floats, run here: they are ordinary C#.</summary>
[Trait("Category", "Gpu")]
public class FloatMathTests
{
    [Fact]
    public void Powers_are_right_to_an_ulp()
    {
        Check(ElementaryTests.AnyFloat, FloatMath.Pow, Math.Pow, 1);
        Check(ElementaryTests.Ordinary, FloatMath.Pow, Math.Pow, 1);
    }

    [Fact]
    public void Remainders_are_exact()
    {
        Check(ElementaryTests.AnyFloat, FloatMath.Rem, (x, y) => x % y, 0);
        Check(ElementaryTests.Ordinary, FloatMath.Rem, (x, y) => x % y, 0);
    }

    static void Check(Func<Random, double> number, Func<float, float, float> f, Func<double, double, double> exact, double ulps)
    {
        var (a, b) = ElementaryTests.Pairs<float>(number);
        for (int i = 0; i < a.Length; i++)
        {
            float y = f(a[i], b[i]);
            double error = LaneTests.Ulps(exact(a[i], b[i]), y);
            Assert.True(error <= ulps, $"({a[i]:R}, {b[i]:R}) is {y:R}, {error:F2} ulp off");
        }
    }
}
