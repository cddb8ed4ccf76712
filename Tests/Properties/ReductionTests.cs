using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static NanoAttention.Tests.Generators;

namespace NanoAttention.Tests;

/// <summary>Reductions and softmax against loops and laws.</summary>
public class ReductionTests
{
    static Gen<(Tensor X, int Axis, bool Keep)> OneAxis(bool filled) =>
        from x in AnyTensor(minRank: 1, filled)
        from axis in Gen.Choose(-x.Rank, x.Rank - 1)
        from keep in Gen.Elements(true, false)
        select (x, axis, keep);

    // The rows along an axis, in the order of the result.
    static double[][] Rows(Tensor x, int axis)
    {
        int a = x.Shape.Axis(axis), n = x.Shape[a], inner = x.Shape[(a + 1)..].Count, outer = x.Shape[..a].Count;
        double[] values = x.ToDoubles();
        return [.. from o in Enumerable.Range(0, outer)
                   from i in Enumerable.Range(0, inner)
                   select Enumerable.Range(0, n).Select(k => values[(o * n + k) * inner + i]).ToArray()];
    }

    static void Agree(IEnumerable<double> expected, Tensor y, Tensor x, int axis, bool keep)
    {
        Assert.Equal(keep ? x.Shape.With(axis, 1) : x.Shape.Without(axis), y.Shape);
        Assert.All(expected.Zip(y.ToDoubles()), p => Assert.Equal(p.First, p.Second, 1e-12));
    }

    [Fact]
    public void Sum_and_Mean_along_an_axis() => ForAll(OneAxis(filled: false), c =>
    {
        var rows = Rows(c.X, c.Axis);
        Agree(rows.Select(r => r.Sum()), c.X.Sum(c.Axis, c.Keep), c.X, c.Axis, c.Keep);
        Agree(rows.Select(r => r.Length == 0 ? double.NaN : r.Average()), c.X.Mean(c.Axis, c.Keep), c.X, c.Axis, c.Keep);
    });

    [Fact]
    public void Max_Min_and_where_they_are() => ForAll(OneAxis(filled: true), c =>
    {
        var rows = Rows(c.X, c.Axis);
        Agree(rows.Select(r => r.Max()), c.X.Max(c.Axis, c.Keep), c.X, c.Axis, c.Keep);
        Agree(rows.Select(r => r.Min()), c.X.Min(c.Axis, c.Keep), c.X, c.Axis, c.Keep);
        Agree(rows.Select(r => (double)Array.IndexOf(r, r.Max())), c.X.ArgMax(c.Axis, c.Keep), c.X, c.Axis, c.Keep);
        Agree(rows.Select(r => (double)Array.IndexOf(r, r.Min())), c.X.ArgMin(c.Axis, c.Keep), c.X, c.Axis, c.Keep);
    });

    [Fact]
    public void Variance_and_LogSumExp_along_an_axis() => ForAll(OneAxis(filled: true), c =>
    {
        var rows = Rows(c.X, c.Axis);
        Agree(rows.Select(r => r.Sum(v => (v - r.Average()) * (v - r.Average())) / r.Length), c.X.Var(c.Axis, 0, c.Keep), c.X, c.Axis, c.Keep);
        Agree(rows.Select(r => Math.Log(r.Sum(Math.Exp))), c.X.LogSumExp(c.Axis, c.Keep), c.X, c.Axis, c.Keep);
    });

    [Fact]
    public void Several_axes_at_once_are_one_after_the_other() => ForAll(
        from x in AnyTensor()
        from chosen in Gen.Elements(true, false).ArrayOf(x.Rank)
        select (x, Axes: Enumerable.Range(0, x.Rank).Where(i => chosen[i]).Reverse().ToArray()),
        c =>
        {
            var y = c.x;
            foreach (int axis in c.Axes) y = y.Sum(axis);
            var all = c.x.Sum(c.Axes);
            Assert.Equal(y.Shape, all.Shape);
            Assert.All(y.ToDoubles().Zip(all.ToDoubles()), p => Assert.Equal(p.First, p.Second, 1e-12));
        });

    [Fact]
    public void Softmax_rows_sum_to_1_do_not_care_for_a_shift_and_keep_the_order() => ForAll(
        from c in OneAxis(filled: true)
        from shift in Gen.Choose(-1000, 1000)
        select (c.X, c.Axis, shift),
        c =>
        {
            var y = c.X.Softmax(c.Axis);
            Assert.All(y.Sum(c.Axis).ToDoubles(), s => Assert.Equal(1, s, 1e-14));
            Assert.All(y.ToDoubles().Zip((c.X + c.shift).Softmax(c.Axis).ToDoubles()), p => Assert.Equal(p.First, p.Second, 1e-12));
            Assert.Equal(c.X.ArgMax(c.Axis).ToDoubles(), y.ArgMax(c.Axis).ToDoubles());
            Assert.All(y.Log().ToDoubles().Zip(c.X.LogSoftmax(c.Axis).ToDoubles()), p => Assert.Equal(p.First, p.Second, 1e-13));
        });

    [Fact]
    public void MatMul_is_its_definition() => ForAll(
        from sizes in Size.ArrayOf(3)
        from lead in Shapes(0, 2)
        from a in Tensors(Shape.Create([.. lead.Sizes, sizes[0], sizes[1]]))
        from b in Tensors(Shape.Create([sizes[1], sizes[2]]))
        select (a, b),
        c =>
        {
            var y = c.a.MatMul(c.b);
            double[] a = c.a.ToDoubles(), b = c.b.ToDoubles();
            int k = c.a.Shape[^1];
            var expected = Indices(y.Shape).Select(i => Enumerable.Range(0, k).Sum(j => At(a, c.a.Shape, [.. i[..^1], j]) * At(b, c.b.Shape, [j, i[^1]])));
            Assert.All(expected.Zip(y.ToDoubles()), p => Assert.Equal(p.First, p.Second, 1e-12));
        });
}
