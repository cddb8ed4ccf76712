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

    [Fact]
    public void Exponentials_of_weights_are_right_to_an_ulp()
    {
        for (float x = -87.3f; x < 88; x += 0.0137f)
        {
            double error = LaneTests.Ulps(Math.Exp(x), FloatMath.ExpNormal(x));
            Assert.True(error <= 1, $"{x:R} is {error:F2} ulp off");
        }
        Assert.Equal(1, FloatMath.ExpNormal(0));
        foreach (float x in (float[])[-87.4f, -104, -1e10f, float.MinValue, float.NegativeInfinity]) Assert.Equal(0, FloatMath.ExpNormal(x));
        // NVIDIA's GPUs answer 7FFFFFFF wherever the answer is NaN, x86 FFC00000
        foreach (int bits in (int[])[0x7FFFFFFF, 0x7FC00000, unchecked((int)0xFFC00000)])
            Assert.Equal(float.NaN, FloatMath.ExpNormal(BitConverter.Int32BitsToSingle(bits)));
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
