using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static NanoAttention.Tests.Generators;

namespace NanoAttention.Tests;

/// <summary>Views, slices and putting together, against arrays; there and back is the identity.</summary>
public class LayoutTests
{
    static Gen<(Tensor X, int[] Order)> Permuted =>
        from x in AnyTensor()
        from order in Gen.Shuffle(Enumerable.Range(0, x.Rank).ToArray())
        select (x, order);

    [Fact]
    public void Reshape_keeps_the_order_of_the_numbers() => ForAll(
        from x in AnyTensor()
        from cut in Gen.Choose(0, x.Rank)
        select (x, Sizes: new[] { x.Shape[..cut].Count, x.Shape[cut..].Count }),
        c =>
        {
            var y = c.x.Reshape(c.Sizes);
            Assert.Equal(c.Sizes, y.Shape.Sizes.ToArray());
            Assert.Equal(c.x.ToDoubles(), y.ToDoubles());
            Assert.Equal(c.x.ToDoubles(), y.Reshape(c.x.Shape.Sizes).ToDoubles());
        });

    [Fact]
    public void Permute_moves_every_number_and_back() => ForAll(Permuted, c =>
    {
        var y = c.X.Permute(c.Order);
        double[] values = c.X.ToDoubles();
        Assert.Equal(Indices(y.Shape).Select(i => At(values, c.X.Shape, Enumerable.Range(0, c.X.Rank).Select(axis => i[Array.IndexOf(c.Order, axis)]).ToArray())), y.ToDoubles());
        int[] back = [.. Enumerable.Range(0, c.X.Rank).Select(axis => Array.IndexOf(c.Order, axis))];
        Assert.Equal(values, y.Permute(back).ToDoubles());
    });

    [Fact]
    public void Transpose_twice_is_the_identity() => ForAll(
        from x in AnyTensor(minRank: 2)
        from i in Gen.Choose(0, x.Rank - 1)
        from j in Gen.Choose(-x.Rank, x.Rank - 1)
        select (x, i, j),
        c =>
        {
            var y = c.x.Transpose(c.i, c.j);
            Assert.Equal(c.x.Shape[c.i], y.Shape.Sizes[(c.j + c.x.Rank) % c.x.Rank]);
            Assert.Equal(c.x.ToDoubles(), y.Transpose(c.i, c.j).ToDoubles());
        });

    [Fact]
    public void Slice_reads_what_an_array_would() => ForAll(
        from x in AnyTensor(minRank: 1, filled: true)
        from axis in Gen.Choose(0, x.Rank - 1)
        from start in Gen.Choose(0, x.Shape[axis] - 1)
        from step in Gen.Choose(1, 3)
        from count in Gen.Choose(0, (x.Shape[axis] - 1 - start) / step + 1)
        select (x, axis, start, step, count),
        c =>
        {
            var y = c.x.Slice(c.axis, c.start, c.count, c.step);
            double[] values = c.x.ToDoubles();
            Assert.Equal(Indices(y.Shape).Select(i => At(values, c.x.Shape, [.. i.Select((n, axis) => axis == c.axis ? c.start + n * c.step : n)])), y.ToDoubles());
        });

    [Fact]
    public void A_slice_without_numbers_can_be_read_wherever_it_lies() => Assert.Empty(Tensor.Zeros([5, 0, 100_000]).Slice(0, 1, 4).ToDoubles());

    [Fact]
    public void Indexing_with_ranges_and_numbers_reads_what_an_array_would() => ForAll(
        from x in AnyTensor(minRank: 2, filled: true)
        from a in Gen.Choose(-x.Shape[0], x.Shape[0] - 1)
        from start in Gen.Choose(0, x.Shape[1])
        from end in Gen.Choose(start, x.Shape[1])
        select (x, a, start, end),
        c =>
        {
            var y = c.x[c.a, c.start..c.end];
            double[] values = c.x.ToDoubles();
            int first = (c.a + c.x.Shape[0]) % c.x.Shape[0];
            Assert.Equal(Indices(y.Shape).Select(i => At(values, c.x.Shape, [first, c.start + i[0], .. i[1..]])), y.ToDoubles());
        });

    [Fact]
    public void Split_then_Concat_is_the_identity() => ForAll(
        from x in AnyTensor(minRank: 1)
        from axis in Gen.Choose(0, x.Rank - 1)
        from first in Gen.Choose(0, x.Shape[axis])
        from second in Gen.Choose(0, x.Shape[axis] - first)
        select (x, axis, Sizes: new[] { first, second, x.Shape[axis] - first - second }),
        c =>
        {
            var parts = c.x.Split(c.Sizes, c.axis);
            Assert.Equal(c.Sizes, parts.Select(p => p.Shape[c.axis]));
            Assert.Equal(c.x.ToDoubles(), Tensor.Concat(parts, c.axis).ToDoubles());
        });

    [Fact]
    public void Stack_then_Unbind_is_the_identity() => ForAll(
        from shape in Shapes(0, 3)
        from x in Tensors(shape)
        from y in Tensors(shape)
        from axis in Gen.Choose(0, shape.Rank)
        select (x, y, axis),
        c =>
        {
            var parts = Tensor.Stack([c.x, c.y], c.axis).Unbind(c.axis);
            Assert.Equal([c.x.ToDoubles(), c.y.ToDoubles()], parts.Select(p => p.ToDoubles()));
            Assert.All(parts, p => Assert.Equal(c.x.Shape, p.Shape));
        });

    [Fact]
    public void The_gradient_of_a_view_lands_where_its_numbers_came_from() => ForAll(
        from c in Permuted
        where c.X.Rank > 0 && c.X.Count > 0
        from axis in Gen.Choose(0, c.X.Rank - 1)
        select (X: c.X.Clone().RequireGrad(), c.Order, axis),
        c =>
        {
            var view = c.X.Permute(c.Order).Select(c.axis, -1);
            var g = Reverse.Gradients(view, [c.X], view.Detach())[0]!;
            double[] all = c.X.ToDoubles();
            var kept = view.ToDoubles().ToHashSet();
            Assert.Equal(all.Select(v => kept.Contains(v) ? v : 0), g.ToDoubles());
        });
}
