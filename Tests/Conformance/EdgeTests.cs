using NanoAttention.Tests.Conformance;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>Slopes where a formula has a kink, a tie, a NaN or an overflow: the values PyTorch gives.</summary>
public sealed class EdgeTests
{
    static double Slope(Func<Tensor, Tensor> f, double at)
    {
        var x = Tensor.Scalar(at, DType.F64).RequireGrad();
        f(x).Backward();
        return x.Grad!.Item();
    }

    [Fact]
    public void NaN_has_no_part_in_a_NanMean()
    {
        var x = Tensor.Of([1, double.NaN, 3, double.NaN], [2, 2], DType.F64).RequireGrad();
        var y = x.NanMean([0]);
        Assert.Equal([2, double.NaN], y.ToDoubles());
        y.Slice(0, 0, 1).Backward();
        Assert.Equal([0.5, 0, 0.5, 0], x.Grad!.ToDoubles());
    }

    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(-1e-8, 0.0)]
    [InlineData(double.NaN, 1.0)]
    public void Relu(double x, double slope) => Assert.Equal(slope, Slope(t => t.Relu(), x));

    [Theory]
    [InlineData(-0.5, 1.0)]
    [InlineData(0.75, 1.0)]
    [InlineData(0.8, 0.0)]
    [InlineData(double.NaN, 0.0)]
    public void Clamp(double x, double slope) => Assert.Equal(slope, Slope(t => t.Clamp(-0.5, 0.75), x));

    [Theory]
    [InlineData(1e300, 1.0)]
    [InlineData(-1e300, 0.0)]
    [InlineData(800.0, 1.0)]
    public void Silu(double x, double slope) => Assert.Equal(slope, Slope(t => t.Silu(), x));

    [Fact]
    public void A_square_root_of_minus_zero_has_the_slope_of_its_sign() => Assert.Equal(double.NegativeInfinity, Slope(t => t.Pow(0.5), -0.0));

    [Theory]
    [InlineData(1.0, 0.5)]
    [InlineData(2.0, 1.0)]
    [InlineData(0.0, 0.0)]
    [InlineData(double.NaN, 1.0)]
    public void Maximum_shares_a_tie_and_passes_NaN_on(double x, double slope) =>
        Assert.Equal(slope, Slope(t => t.Maximum(Tensor.Scalar(1, DType.F64)), x));

    [Fact]
    public void NaN_makes_the_slopes_of_a_LogSumExp_NaN()
    {
        var x = Tensor.Of([1, double.NaN, 3], [3], DType.F64).RequireGrad();
        x.LogSumExp(0).Backward();
        Assert.All(x.Grad!.ToDoubles(), slope => Assert.Equal(double.NaN, slope));
    }

    [Theory]
    [InlineData(2.0, 0.0)]
    [InlineData(0.0, 0.0)]
    [InlineData(double.NaN, double.NaN)]
    public void Zero_to_a_power(double power, double slope) => Assert.Equal(slope, Slope(p => Tensor.Scalar(0, DType.F64).Pow(p), power));

    [Theory]
    [InlineData(-5e-324)]
    [InlineData(5e-324)]
    [InlineData(1e-310)]
    public void The_logarithm_of_gamma_is_finite_beside_0(double x) =>
        Assert.Equal(-Math.Log(Math.Abs(x)), Tensor.Scalar(x, DType.F64).Lgamma().Item(), 1e-12);

    [Fact]
    public void A_median_among_NaN_is_the_first()
    {
        var (value, index) = Tensor.Of([2, double.NaN, 1, double.NaN], [4], DType.F64).Median();
        Assert.Equal((double.NaN, 1.0), (value.Item(), index.Item()));
    }

    [Theory]
    [InlineData(0.0, 0.0, 0.0)]
    [InlineData(0.0, 1.0, -1e12)]
    [InlineData(1.0, 0.0, 1e12)]
    [InlineData(0.5, 1.0, -2.0)]
    public void A_binary_cross_entropy_of_what_is_certain(double p, double y, double slope) =>
        Assert.Equal(slope, Slope(t => Loss.BinaryCrossEntropy(t, Tensor.Scalar(y, DType.F64)), p), Math.Abs(slope) * 1e-12);

    /// <summary>In F32 as near to F64 as the numbers themselves allow, wherever they lie.</summary>
    [Theory]
    [InlineData(0.0)]
    [InlineData(1e4)]
    [InlineData(-1e6)]
    public void An_offset_costs_a_norm_no_digits(double offset)
    {
        using var _ = Defaults.With(seed: 1);
        foreach (int n in new[] { 5, 8, 37, 700 })
        {
            Tensor x = (Tensor.Normal([3, n], dtype: DType.F32) + offset).Detach(), dy = Tensor.Normal([3, n], dtype: DType.F32), w = Tensor.Normal([n], dtype: DType.F32);
            foreach (var norm in (Func<Tensor, Tensor, Tensor>[])[(t, v) => t.LayerNorm(v), (t, _) => t.Var(-1, keep: true), (t, v) => t.Std(0) * v])
            {
                var (single, slopes) = Run(norm, x, w, dy);
                var (twice, exact) = Run(norm, x.To(DType.F64), w.To(DType.F64), dy.To(DType.F64));
                Close.Check($"{n} numbers", single.ToDoubles(), twice.ToDoubles(), 2e-5, 2e-5);
                Close.Check($"{n} slopes", slopes.ToDoubles(), exact.ToDoubles(), 2e-5, 2e-5);
            }
        }

        static (Tensor, Tensor) Run(Func<Tensor, Tensor, Tensor> norm, Tensor x, Tensor w, Tensor dy)
        {
            Tensor leaf = x.Clone().RequireGrad(), weight = w.Clone().RequireGrad(), y = norm(leaf, weight);
            (y * dy.Slice(0, 0, y.Shape.Rank > 1 ? y.Shape[0] : 1)).Sum().Backward();
            return (y, leaf.Grad!);
        }
    }

    [Fact]
    public void The_deviation_of_equal_numbers_has_slope_0()
    {
        var x = Tensor.Full([3], 2.5, DType.F64).RequireGrad();
        x.Std(0).Backward();
        Assert.Equal([0.0, 0, 0], x.Grad!.ToDoubles());
    }
}
