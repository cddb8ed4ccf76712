using Xunit;

namespace NanoAttention.Tests;

/// <summary>Where windows lie: what cases, which compare slopes, cannot see.</summary>
public sealed class WindowTests
{
    static readonly Tensor ten = Tensor.Arange(10, DType.F64);

    [Fact]
    public void Windows_are_a_view() => Assert.Same(ten.Storage, ten.Windows([3], 2).Storage);

    [Theory]
    [InlineData(3, 2, 1, 1, false, 5)]
    [InlineData(3, 3, 0, 1, false, 3)]
    [InlineData(3, 3, 0, 1, true, 4)]
    [InlineData(2, 3, 1, 1, true, 4)]       // a fifth would begin in the padding behind
    [InlineData(3, 1, 0, 4, false, 2)]
    public void Pools_have_PyTorchs_sizes(int kernel, int stride, int padding, int dilation, bool ceil, int size) =>
        Assert.Equal(size, ten.AvgPool([kernel], stride, padding, dilation, ceil).Count);

    [Fact]
    public void Equal_padding_puts_the_odd_one_behind_or_before()
    {
        var kernel = Tensor.Of([1, 2], [1, 1, 2], DType.F64);
        var x = Tensor.Of([1, 10, 100], [1, 3], DType.F64);
        Assert.Equal([21, 210, 100], x.Conv(kernel, padding: WindowPadding.Same).ToDoubles());
        Assert.Equal([2, 21, 210], x.Conv(kernel, padding: WindowPadding.SameLower).ToDoubles());
        Assert.Equal([1, 2, 10, 20, 100, 200], x.ConvTranspose(kernel, stride: 2, padding: WindowPadding.Same).ToDoubles());
    }

    [Fact]
    public void Padding_counts_in_a_mean_or_does_not_and_what_ceil_adds_never_does()
    {
        var x = Tensor.Of([2, 4, 6], [3], DType.F64);
        Assert.Equal([1, 5], x.AvgPool([2], padding: 1).ToDoubles());
        Assert.Equal([2, 5], x.AvgPool([2], padding: 1, countPadding: false).ToDoubles());
        Assert.Equal([3, 6], x.AvgPool([2], ceil: true).ToDoubles());
    }

    [Fact]
    public void The_largest_is_the_first_of_equals_and_never_padding()
    {
        double nan = double.NaN, low = double.NegativeInfinity;
        var x = Tensor.Of([low, low, 7, 7, nan, 1, 2, nan], [2, 4], DType.F64);
        var (values, indices) = x.MaxPoolWithIndices([2, 2], 2);
        Assert.Equal([nan, nan], values.ToDoubles());
        Assert.Equal([4.0, 7], indices.ToDoubles());
        (values, indices) = x.MaxPoolWithIndices([1, 3], [1, 2], padding: [0, 1]);
        Assert.Equal([low, 7, nan, nan], values.ToDoubles());
        Assert.Equal([0.0, 2, 4, 7], indices.ToDoubles());
        Assert.Equal([0.0, 0, 7, 0, nan, 0, 0, nan], values.Relu().MaxUnpool(indices, 2, 4).ToDoubles());
    }

    [Fact]
    public void Places_between_numbers_are_filled_in()
    {
        var x = Tensor.Of([0, 4], [2], DType.F64);
        Assert.Equal([0, 0, 4, 4], x.Interpolate([4]).ToDoubles());
        Assert.Equal([0, 1, 3, 4], x.Interpolate([4], Interpolation.Linear).ToDoubles());
        Assert.Equal([0, 2, 4], x.Interpolate([3], Interpolation.Linear, alignCorners: true).ToDoubles());
    }

    [Fact]
    public void Infinities_stay_in_their_own_window() =>
        Assert.Equal([double.PositiveInfinity, 2.5, 4], Tensor.Of([double.PositiveInfinity, 1, 2, 3, 4, 4], [6], DType.F64)
            .AdaptiveAvgPool(3).ToDoubles());

    [Theory]
    [InlineData("a window that spans 12 numbers is larger than axis 0 of (10)", 12, 1)]
    [InlineData("the window's size 0 is not positive", 0, 1)]
    [InlineData("the stride 0 has a number below 1", 2, 0)]
    public void Windows_that_do_not_fit_are_refused(string message, int kernel, int stride) =>
        Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => ten.Windows([kernel], stride)).Message);

    [Fact]
    public void Channels_and_groups_must_agree() =>
        Assert.Contains("does not fit the weight (4, 2, 3) in 1 groups", Assert.Throws<ArgumentException>(() =>
            Tensor.Ones([2, 4, 8]).Conv(Tensor.Ones([4, 2, 3]))).Message);
}
