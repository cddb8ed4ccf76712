using Xunit;

namespace NanoAttention.Tests;

/// <summary>Indexing, scans and sorting where cases do not go: other types, equal indices, infinities and NaN, nothing at all, and refusals.</summary>
public class IndexingTests
{
    const double inf = double.PositiveInfinity, nan = double.NaN;

    static Tensor Row(params double[] values) => Tensor.Of(values, [values.Length], DType.F64);
    static Tensor Indices(params int[] values) => Tensor.From(values, [values.Length]);
    static Tensor Mask(params bool[] values) => Tensor.From(values, [values.Length]);

    [Fact]
    public void Integers_and_truth_values_are_picked_and_put_too()
    {
        Assert.Equal([7, 5, 7], Indices(5, 6, 7).IndexSelect(0, Indices(-1, 0, 2)).ToArray<int>());
        Assert.Equal([false, true], Mask(true, false).Flip().ToArray<bool>());
        Assert.Equal([9, 6, 8], Indices(5, 6, 7).Scatter(0, Indices(0, 2), Indices(9, 8)).ToArray<int>());
        Assert.Equal([3, 2, 1], Indices(1, 3, 2).Sort(descending: true).Values.ToArray<int>());
    }

    [Fact]
    public void The_last_of_numbers_put_in_one_place_stays_and_takes_the_gradient()
    {
        Tensor x = Row(1, 2, 3).RequireGrad(), v = Row(4, 5, 6).RequireGrad();
        var y = x.Scatter(0, Indices(1, 1, -1), v);
        Assert.Equal([1, 5, 6], y.ToDoubles());
        y.Sum().Backward();
        Assert.Equal([1, 0, 0], x.Grad!.ToDoubles());
        Assert.Equal([0, 1, 1], v.Grad!.ToDoubles());
    }

    [Theory]
    [InlineData(ScatterReduction.Sum, true, new[] { 1.0, 11, 3 })]
    [InlineData(ScatterReduction.Sum, false, new[] { 1.0, 9, 3 })]
    [InlineData(ScatterReduction.Product, true, new[] { 1.0, 40, 3 })]
    [InlineData(ScatterReduction.Product, false, new[] { 1.0, 20, 3 })]
    [InlineData(ScatterReduction.Max, true, new[] { 1.0, 5, 3 })]
    [InlineData(ScatterReduction.Min, true, new[] { 1.0, 2, 3 })]
    [InlineData(ScatterReduction.Min, false, new[] { 1.0, 4, 3 })]
    [InlineData(ScatterReduction.Mean, true, new[] { 1, 11 / 3.0, 3 })]
    [InlineData(ScatterReduction.Mean, false, new[] { 1, 4.5, 3 })]
    public void Numbers_put_in_one_place_are_combined(ScatterReduction how, bool self, double[] expected) =>
        Assert.Equal(expected, Row(1, 2, 3).Scatter(0, Indices(1, 1), Row(4, 5), how, self).ToDoubles());

    [Fact]
    public void Scans_keep_infinities_and_NaN()
    {
        Assert.Equal([-inf, -inf, 1000, 1000 + Math.Log(2), inf], Row(-inf, -inf, 1000, 1000, inf).LogCumSumExp(0).ToDoubles());
        Assert.Equal([-inf, -800], Row(-inf, -800).LogCumSumExp(0).ToDoubles());
        var (values, indices) = Row(1, 1, nan, 2).CumMax(0);
        Assert.Equal([1, 1, nan, nan], values.ToDoubles());
        Assert.Equal([0, 1, 2, 2], indices.ToArray<int>());
        Assert.Equal([2, 0, 0], Row(2, 0, 3).CumProd(0).ToDoubles());
    }

    [Fact]
    public void The_slope_of_a_log_sum_is_that_of_what_is_there()
    {
        var x = Row(-inf, 0, -inf, 0).RequireGrad();
        x.LogCumSumExp(0).Slice(0, 1, 3).Sum().Backward();
        Assert.Equal([0, 2.5, 0, 0.5], x.Grad!.ToDoubles());
    }

    [Fact]
    public void NaN_counts_as_the_largest_and_equal_numbers_stay_in_order()
    {
        var x = Row(2, nan, 1, 2, inf);
        Assert.Equal([2, 0, 3, 4, 1], x.ArgSort().ToArray<int>());
        Assert.Equal([1, 4, 0, 3, 2], x.ArgSort(descending: true).ToArray<int>());
        Assert.Equal(nan, x.Median().Values.Item());
        Assert.Equal(2, Row(4, 1, 3, 2).Median().Values.Item());
    }

    [Fact]
    public void Nothing_is_reduced_scanned_and_picked_as_it_should()
    {
        var x = Tensor.Zeros([2, 0, 3], DType.F64);
        Assert.Equal(Enumerable.Repeat(1.0, 6), x.Prod(1).ToDoubles());
        Assert.Equal(Enumerable.Repeat(0.0, 6), x.Norm(2, [1]).ToDoubles());
        Assert.Equal(x.Shape, x.CumSum(1).CumProd(1).LogCumSumExp(1).CumMax(1).Values.Sort(1).Values.Flip(1).Shape);
        Assert.Equal(Shape.Create(2, 0, 3), x.IndexSelect(1, Indices()).Shape);
        Assert.Equal(Shape.Create(0, 2), Row(0, 0).Reshape(1, 2).NonZero().Shape);
        Assert.False(Row().Any().Item() != 0);
        Assert.True(Row().All().Item() != 0);
        Assert.Equal(Shape.Create(3), Row(1, 2, 3).Scatter(0, Indices(), Row()).Shape);
    }

    [Fact]
    public void Edges_are_filled_up()
    {
        var x = Row(1, 2, 3);
        Assert.Equal([3, 2, 1, 2, 3, 2], x.Pad(0, 2, 1, PadMode.Reflect).ToDoubles());
        Assert.Equal([1, 1, 1, 2, 3, 3], x.Pad(0, 2, 1, PadMode.Replicate).ToDoubles());
        Assert.Equal([2, 3, 1, 2, 3, 1], x.Pad(0, 2, 1, PadMode.Circular).ToDoubles());
        Assert.Equal([2, 3, 9], x.Pad(0, -1, 1, value: 9).ToDoubles());
    }

    [Fact]
    public void Norms_at_zero_have_no_slope()
    {
        foreach (double p in new[] { 0.5, 1, 1.5, 2, 3, inf })
        {
            var x = Row(0, 0).RequireGrad();
            x.Norm(p).Backward();
            Assert.Equal([0, 0], x.Grad!.ToDoubles());
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        var x = Tensor.Zeros([2, 3], DType.F64);
        Refused("IndexSelect: index 3 at position 1", () => x.IndexSelect(1, Indices(0, 3)));
        Refused("TakeAlong: indices (3, 1) along axis 1 of (2, 3)", () => x.TakeAlong(1, Indices(0, 0, 0).Reshape(3, 1)));
        Refused("GatherNd: indices (1, 3) into (2, 3)", () => x.GatherNd(Indices(0, 0, 0).Reshape(1, 3)));
        Refused("Einsum: ij,jk: 2 terms for 1 operands", () => Tensor.Einsum("ij,jk", x));
        Refused("Einsum: ij,jk->ik: j has sizes 3 and 2", () => Tensor.Einsum("ij,jk->ik", x, x));
        Refused("Einsum: ij->iz: the result's z", () => Tensor.Einsum("ij->iz", x));
        Refused("TopK: axis 1 of (2, 3) has no 4 numbers", () => x.TopK(4, 1).Values);
        Refused("MaskedSelect: the mask (3) does not have the first sizes of (2, 3)", () => x.MaskedSelect(Mask(true, true, true)));

        static void Refused(string message, Func<Tensor> op) =>
            Assert.StartsWith(message, Assert.ThrowsAny<ArgumentException>(() => { op(); }).Message);
    }
}
