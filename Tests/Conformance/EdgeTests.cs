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
    public void The_deviation_of_equal_numbers_has_slope_0()
    {
        var x = Tensor.Full([3], 2.5, DType.F64).RequireGrad();
        x.Std(0).Backward();
        Assert.Equal([0.0, 0, 0], x.Grad!.ToDoubles());
    }
}
