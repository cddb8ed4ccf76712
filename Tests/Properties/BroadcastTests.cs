using FsCheck.Fluent;
using Xunit;
using static NanoAttention.Tests.Generators;

namespace NanoAttention.Tests;

/// <summary>Broadcasting against loops over indices.</summary>
public class BroadcastTests
{
    static readonly (Func<Tensor, Tensor, Tensor> Op, Func<double, double, double> Plain)[] operations =
    [
        ((a, b) => a + b, (x, y) => x + y),
        ((a, b) => a - b, (x, y) => x - y),
        ((a, b) => a * b, (x, y) => x * y),
        ((a, b) => a / b, (x, y) => x / y),
        ((a, b) => a.Maximum(b), Math.Max),
        ((a, b) => (a < b).To(DType.F64), (x, y) => x < y ? 1 : 0),
        ((a, b) => Tensor.Where(a > b, a, b), Math.Max),
    ];

    [Fact]
    public void Pairs_of_shapes_combine_number_by_number() => ForAll(
        from shapes in Stretching
        from a in Tensors(shapes.Whole)
        from b in Tensors(shapes.Part)
        from flip in Gen.Elements(true, false)
        from k in Gen.Choose(0, operations.Length - 1)
        select (A: flip ? b : a, B: flip ? a : b, K: k),
        c =>
        {
            var (op, plain) = operations[c.K];
            var y = op(c.A, c.B);
            double[] a = c.A.ToDoubles(), b = c.B.ToDoubles();
            Assert.Equal(Shape.Broadcast(c.A.Shape, c.B.Shape), y.Shape);
            Assert.Equal(Indices(y.Shape).Select(i => plain(At(a, c.A.Shape, i), At(b, c.B.Shape, i))), y.ToDoubles());
        });

    [Fact]
    public void Both_sides_may_stretch() => ForAll(
        from whole in Shapes(1, 4, filled: true)
        from left in Gen.Elements(true, false).ArrayOf(whole.Rank)
        select (whole, A: One(whole, left), B: One(whole, [.. left.Select(v => !v)])),
        c =>
        {
            Tensor a = Tensor.Uniform(c.A, dtype: DType.F64), b = Tensor.Uniform(c.B, dtype: DType.F64);
            double[] x = a.ToDoubles(), y = b.ToDoubles();
            Assert.Equal(Indices(c.whole).Select(i => At(x, c.A, i) * At(y, c.B, i)), (a * b).ToDoubles());
        });

    static Shape One(Shape shape, bool[] ones) => Shape.Create([.. shape.Sizes.ToArray().Select((n, i) => ones[i] ? 1 : n)]);

    [Fact]
    public void Gradients_are_summed_over_what_was_repeated() => ForAll(
        from shapes in Stretching
        from a in Tensors(shapes.Whole)
        from b in Tensors(shapes.Part)
        select (A: a, B: b.Clone().RequireGrad()),
        c =>
        {
            var g = Reverse.Gradients(c.A * c.B, [c.B], Tensor.Ones(c.A.Shape, DType.F64))[0]!;
            double[] a = c.A.ToDoubles();
            var sums = new double[c.B.Count];
            foreach (var i in Indices(c.A.Shape)) sums[(int)At([.. Enumerable.Range(0, c.B.Count).Select(n => (double)n)], c.B.Shape, i)] += At(a, c.A.Shape, i);
            Assert.Equal(c.B.Shape, g.Shape);
            Assert.All(sums.Zip(g.ToDoubles()), p => Assert.Equal(p.First, p.Second, 1e-12));
        }, times: 100);

    [Fact]
    public void Shapes_that_do_not_combine_are_refused_by_name() => ForAll(
        from shape in Shapes(1, 4, filled: true)
        from axis in Gen.Choose(0, shape.Rank - 1)
        where shape[axis] > 1
        select (shape, Other: shape.With(axis, shape[axis] + 1)),
        c =>
        {
            var message = Assert.Throws<ArgumentException>(() => Tensor.Ones(c.shape) + Tensor.Ones(c.Other)).Message;
            Assert.Contains($"{c.shape}", message);
            Assert.Contains($"{c.Other}", message);
        });
}
