using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static NanoAttention.Tests.Generators;

namespace NanoAttention.Tests;

/// <summary>What attention promises whatever the sizes: (b, heads, queries, size) against keys and values.</summary>
public class AttentionContractTests
{
    sealed record Sample(Tensor Q, Tensor K, Tensor V);

    static Gen<Sample> Samples(bool square) =>
        from batch in Gen.Choose(1, 3)
        from queries in Gen.Elements(1, 2, 3, 7, 33, 70)
        from keys in square ? Gen.Constant(queries) : Gen.Elements(1, 2, 5, 31, 67)
        from size in Gen.Elements(1, 3, 8, 16)
        from seed in Gen.Choose(0, 1000)
        from type in Gen.Elements(DType.F32, DType.F64)
        select Draw(batch, queries, keys, size, (ulong)seed, type);

    static Sample Draw(int batch, int queries, int keys, int size, ulong seed, DType type)
    {
        using var _ = Defaults.With(type, seed: seed);
        return new(Tensor.Normal([batch, 2, queries, size]).RequireGrad(), Tensor.Normal([batch, 2, keys, size]).RequireGrad(), Tensor.Normal([batch, 2, keys, size]).RequireGrad());
    }

    [Fact]
    public void The_gradient_to_the_future_is_exactly_0() => ForAll(
        from s in Samples(square: true)
        from i in Gen.Choose(0, s.Q.Shape[2] - 1)
        select (S: s, i),
        c =>
        {
            var (q, k, v) = (c.S.Q, c.S.K, c.S.V);
            var y = Tensor.ScaledDotProductAttention(q, k, v, causal: true).Select(2, c.i);
            var g = Reverse.Gradients(y, [q, k, v], Rounding.Weights(y, 1));
            int later = q.Shape[2] - c.i - 1;
            foreach (var future in g) Assert.All(future!.Slice(2, c.i + 1, later).ToDoubles(), slope => Assert.Equal(0, slope));
            Assert.Contains(g[2]!.Slice(2, 0, c.i + 1).ToDoubles(), slope => slope != 0);
        }, times: 60);

    [Fact]
    public void Asking_for_weights_leaves_the_output_as_it_is_and_they_explain_it() => ForAll(
        from s in Samples(square: false)
        from causal in Gen.Elements(true, false)
        select (S: s, causal),
        c =>
        {
            var (q, k, v) = (c.S.Q, c.S.K, c.S.V);
            var alone = Tensor.ScaledDotProductAttention(q, k, v, causal: c.causal);
            var (y, weights) = Tensor.ScaledDotProductAttentionWithWeights(q, k, v, causal: c.causal);
            Assert.Equal(alone.ToDoubles(), y.ToDoubles());
            double tolerance = q.DType == DType.F64 ? 1e-13 : 1e-5;
            Assert.All(weights.Sum(-1).ToDoubles(), sum => Assert.Equal(1, sum, tolerance));
            Rounding.AssertClose(weights.MatMul(v), y, tolerance, "weights · values");
        }, times: 60);

    [Fact]
    public void Padding_that_is_masked_out_changes_nothing() => ForAll(
        from s in Samples(square: false)
        from padding in Gen.Choose(1, 40)
        select (S: s, padding),
        c =>
        {
            var (q, k, v) = (c.S.Q, c.S.K, c.S.V);
            int keys = k.Shape[2];
            var rest = Tensor.Full(k.Shape.With(2, c.padding), 1000, k.DType);
            var mask = Tensor.From([.. Enumerable.Range(0, keys + c.padding).Select(j => j < keys)], [keys + c.padding]);
            var y = Tensor.ScaledDotProductAttention(q, k, v);
            var padded = Tensor.ScaledDotProductAttention(q, Tensor.Concat([k, rest], 2), Tensor.Concat([v, rest], 2), mask);
            double tolerance = q.DType == DType.F64 ? 1e-13 : 1e-5;
            Rounding.AssertClose(y, padded, tolerance, "padded");
            var (g, gPadded) = (Reverse.Gradients(y, [q, k, v], Rounding.Weights(y, 1)), Reverse.Gradients(padded, [q, k, v], Rounding.Weights(y, 1)));
            for (int i = 0; i < 3; i++) Rounding.AssertClose(g[i]!, gPadded[i]!, 10 * tolerance, $"gradient {i}, padded");
        }, times: 60);

    [Fact]
    public void A_query_that_may_look_nowhere_answers_0_with_finite_gradients() => ForAll(
        from s in Samples(square: false)
        from blind in Gen.Choose(0, s.Q.Shape[2] - 1)
        select (S: s, blind),
        c =>
        {
            var (q, k, v) = (c.S.Q, c.S.K, c.S.V);
            int queries = q.Shape[2], keys = k.Shape[2];
            var mask = Tensor.From([.. Enumerable.Range(0, queries * keys).Select(i => i / keys != c.blind)], [queries, keys]);
            var (y, weights) = Tensor.ScaledDotProductAttentionWithWeights(q, k, v, mask);
            Assert.All(y.Select(2, c.blind).ToDoubles(), value => Assert.Equal(0, value));
            Assert.All(weights.Select(2, c.blind).ToDoubles(), value => Assert.Equal(0, value));
            foreach (bool create in new[] { false, true })
            {
                var g = Reverse.Gradients(y, [q, k, v], Rounding.Weights(y, 1), retainGraph: true, createGraph: create);
                Assert.All(g, slopes => Assert.All(slopes!.ToDoubles(), slope => Assert.True(double.IsFinite(slope))));
                Assert.All(g[0]!.Select(2, c.blind).ToDoubles(), slope => Assert.Equal(0, slope));
            }
        }, times: 60);
}
