using Xunit;

namespace NanoAttention.Tests;

/// <summary>Which numbers are different, where they are, and how often.</summary>
public sealed class UniqueTests
{
    static readonly double[] numbers = [2, 1, 1, 3, double.NaN, -0.0, 0, double.NaN, 2];

    [Fact]
    public void Numbers_are_counted_in_rising_order()
    {
        var (values, indices, inverse, counts) = Tensor.Of(numbers).Unique();
        Assert.Equal([0, 1, 2, 3, double.NaN], values.ToDoubles());
        Assert.Equal([5, 1, 0, 3, 4], indices.ToArray<int>());
        Assert.Equal([2, 1, 1, 3, 4, 0, 0, 4, 2], inverse.ToArray<int>());
        Assert.Equal([2, 2, 2, 1, 2], counts.ToArray<int>());
    }

    [Fact]
    public void Numbers_are_counted_in_the_order_in_which_they_come()
    {
        var (values, indices, inverse, counts) = Tensor.Of(numbers).Unique(sorted: false);
        Assert.Equal([2, 1, 3, double.NaN, 0], values.ToDoubles());
        Assert.Equal([0, 1, 3, 4, 5], indices.ToArray<int>());
        Assert.Equal([0, 1, 1, 2, 3, 4, 4, 3, 0], inverse.ToArray<int>());
        Assert.Equal([2, 2, 1, 2, 2], counts.ToArray<int>());
    }

    [Fact]
    public void Slices_of_an_axis_are_compared_number_by_number()
    {
        var x = Tensor.From<int>([1, 0, 1, 0, 5, 2, 5, 1], [2, 4]);
        var (values, indices, inverse, counts) = x.Unique(-1);
        Assert.Equal([0, 0, 1, 1, 2, 5], values.ToArray<int>());
        Assert.Equal([3, 1, 0], indices.ToArray<int>());
        Assert.Equal([2, 1, 2, 0], inverse.ToArray<int>());
        Assert.Equal([1, 1, 2], counts.ToArray<int>());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Slices_may_be_empty_or_missing(int n)
    {
        var (values, indices, inverse, counts) = Tensor.Zeros([n, 0]).Unique(0);
        int found = Math.Min(n, 1);
        Assert.Equal(Shape.Create(found, 0), values.Shape);
        Assert.Equal((found, n, found), (indices.Count, inverse.Count, counts.Count));
    }
}
