using System.Numerics;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;
using Xunit;

namespace NanoAttention.Tests.Kernels;

public class AttentionTests
{
    static AttentionShape Dense(int batch, int heads, int queries, int keys, int headDim, int valueDim, bool causal = false, double dropout = 0) => new(
        batch, heads, queries, keys, headDim, valueDim,
        AttentionStrides.Dense(heads, queries, headDim), AttentionStrides.Dense(heads, keys, headDim), AttentionStrides.Dense(heads, keys, valueDim),
        AttentionStrides.Dense(heads, queries, valueDim), new(heads * queries * keys, queries * keys, keys, 1), new(heads * queries * keys, queries * keys, keys, 1),
        1 / Math.Sqrt(Math.Max(headDim, 1)), causal, dropout, Seed: 7, Offset: 5);

    /// <summary>(batch, rows, heads, size) in memory: what a projection leaves.</summary>
    static AttentionStrides Interleaved(int heads, int rows, int size) => new(rows * heads * size, size, heads * size);

    public static TheoryData<AttentionShape, bool, bool> Settings
    {
        get
        {
            TheoryData<AttentionShape, bool, bool> settings = [];
            foreach (var causal in (bool[])[false, true])
            {
                settings.Add(Dense(1, 1, 1, 1, 1, 1, causal), false, false);
                settings.Add(Dense(2, 3, 5, 7, 4, 3, causal), true, true);
                settings.Add(Dense(1, 2, 17, 9, 33, 20, causal), false, true);
                settings.Add(Dense(1, 1, 101, 301, 8, 16, causal), true, false);
                settings.Add(Dense(1, 1, 150, 140, 16, 5, causal, dropout: 0.3), true, true);
                settings.Add(Dense(1, 2, 49, 128, 32, 32, causal), false, false);
                settings.Add(Dense(2, 1, 3, 0, 4, 3, causal), true, true);
                settings.Add(Dense(2, 1, 0, 3, 4, 3, causal), true, true);
            }
            settings.Add(Dense(2, 3, 20, 30, 8, 8) with { Q = Interleaved(3, 20, 8), K = Interleaved(3, 30, 8), V = Interleaved(3, 30, 8), Y = Interleaved(3, 20, 8), DQ = Interleaved(3, 20, 8) }, false, false);
            settings.Add(Dense(2, 3, 20, 30, 8, 8) with { DY = Interleaved(3, 20, 8), K = new(240, 0, 8), V = new(0, 0, 8), Mask = new(30, 0, 0, 1), Bias = new(0, 20, 1, 0) }, true, true);
            return settings;
        }
    }

    [Theory, MemberData(nameof(Settings))]
    public void ResultsAndGradientsAreThoseOfTheDefinition(AttentionShape shape, bool masked, bool biased)
    {
        Check<double>(new(shape, masked, biased), 1e-12);
        Check<float>(new(shape, masked, biased), 1e-5);
    }

    static void Check<T>(Problem<T> problem, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var expected = problem.Definition();
        foreach (var bits in (int[])[128, 256, 512])
        {
            var actual = problem.Kernels(bits);
            Compare(expected.Y, actual.Y, tolerance, "y");
            Compare(expected.Lse, actual.Lse, tolerance, "lse");
            Compare(expected.Weights, actual.Weights, tolerance, "weights");
            Compare(expected.DQ, actual.DQ, tolerance, "dq");
            Compare(expected.DK, actual.DK, tolerance, "dk");
            Compare(expected.DV, actual.DV, tolerance, "dv");
            Compare(expected.DBias, actual.DBias, tolerance, "dbias");
        }
    }

    static void Compare<T>(double[] expected, Numbers<T> actual, double tolerance, string name) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var (right, found) = (expected[i], double.CreateChecked(actual[i]));
            Assert.True(right == found || Math.Abs(right - found) <= tolerance * (1 + Math.Abs(right)), $"{name}[{i}] is {found} where {right} is right");
        }
    }

    [Theory, InlineData(false, 0), InlineData(true, 0), InlineData(true, 0.4)]
    public void GradientsAreThoseOfCentralDifferences(bool causal, double dropout)
    {
        Problem<double> problem = new(Dense(2, 2, 5, 6, 3, 4, causal, dropout), masked: true, biased: true);
        var slopes = problem.Kernels(256);
        Agree(problem.Q, slopes.DQ);
        Agree(problem.K, slopes.DK);
        Agree(problem.V, slopes.DV);
        Agree(problem.Bias, slopes.DBias);

        void Agree(Numbers<double> x, Numbers<double> slope)
        {
            const double h = 1e-5;
            for (var i = 0; i < x.Values.Length - 1; i++)
            {
                var middle = x[i];
                if (double.IsInfinity(middle)) { Assert.Equal(0, slope[i]); continue; }
                x[i] = middle + h;
                var above = Loss();
                x[i] = middle - h;
                var below = Loss();
                x[i] = middle;
                Assert.Equal((above - below) / (2 * h), slope[i], 1e-8);
            }
        }

        double Loss() => problem.Kernels(256).Y.Values.Zip(problem.DY.Values, (y, dy) => y * dy).Sum();
    }

    [Fact]
    public void TheSplitNeverChangesABit()
    {
        Problem<float> problem = new(Dense(2, 3, 131, 150, 16, 24, causal: true, dropout: 0.1), masked: true, biased: true);
        var whole = problem.Kernels(256);
        foreach (var step in (int[])[1, 2, 5])
        {
            var parts = problem.Kernels(256, step);
            Assert.Equal(whole.Y.Values, parts.Y.Values);
            Assert.Equal(whole.Lse.Values, parts.Lse.Values);
            Assert.Equal(whole.Weights.Values, parts.Weights.Values);
            Assert.Equal(whole.DQ.Values, parts.DQ.Values);
            Assert.Equal(whole.DK.Values, parts.DK.Values);
            Assert.Equal(whole.DV.Values, parts.DV.Values);
        }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void AQueryThatSeesNothingAnswersZeroWithFiniteGradients(int bits)
    {
        foreach (var byBias in (bool[])[false, true])
        {
            Problem<float> problem = new(Dense(1, 2, 9, 200, 8, 8), masked: !byBias, biased: byBias);
            for (var j = 0; j < 200; j++)
                if (byBias) problem.Bias[3 * 200 + j] = float.NegativeInfinity;
                else problem.Mask[3 * 200 + j] = 0;
            var result = problem.Kernels(bits);
            Assert.All(result.Y.Values[(3 * 8)..(4 * 8)], x => Assert.Equal(0, x));
            Assert.Equal(float.NegativeInfinity, result.Lse[3]);
            Assert.All(result.Weights.Values[(3 * 200)..(4 * 200)], x => Assert.Equal(0, x));
            Assert.All(result.DQ.Values[(3 * 8)..(4 * 8)], x => Assert.Equal(0, x));
            foreach (var slopes in (Numbers<float>[])[result.DQ, result.DK, result.DV, result.DBias]) Assert.All(slopes.Values, x => Assert.True(float.IsFinite(x)));
            Assert.Contains(result.Y.Values[..8], x => x != 0);
        }
    }

    [Fact]
    public void TheFutureHasNoInfluence()
    {
        Problem<float> problem = new(Dense(1, 1, 140, 140, 8, 8, causal: true), masked: false, biased: false);
        for (var i = 0; i < 139 * 8; i++) problem.DY[i] = 0;
        problem.DY.Values.AsSpan(60 * 8, 8).Fill(1);
        problem.DY.Values.AsSpan(61 * 8, 79 * 8).Clear();
        var before = problem.Kernels(256);
        Assert.All(before.DK.Values[(61 * 8)..], x => Assert.Equal(0, x));
        Assert.All(before.DV.Values[(61 * 8)..], x => Assert.Equal(0, x));
        Assert.All(before.DV.Values[(60 * 8)..(61 * 8)], x => Assert.NotEqual(0, x));
        for (var i = 61 * 8; i < 140 * 8; i++) (problem.K[i], problem.V[i]) = (problem.K[i] + 1, 3);
        Assert.Equal(before.Y.Values[..(61 * 8)], problem.Kernels(256).Y.Values[..(61 * 8)]);
    }

    [Fact]
    public void LargeScoresNeitherOverflowNorVanish()
    {
        Problem<float> problem = new(Dense(1, 1, 7, 300, 4, 4) with { Scale = 300 }, masked: false, biased: false);
        var result = problem.Kernels(256);
        for (var i = 0; i < 7; i++) Assert.Equal(1, result.Weights.Values[(i * 300)..((i + 1) * 300)].Sum(), 2e-4f);
        Compare(problem.Definition().Y, result.Y, 2e-3, "y");
    }

    sealed class Results<T> where T : unmanaged
    {
        public required Numbers<T> Y, Lse, Weights, Delta, DQ, DK, DV, DBias;
    }

    /// <summary>Random operands for a shape.</summary>
    sealed class Problem<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        readonly AttentionShape shape;
        public readonly Numbers<T> Q, K, V, DY, Bias;
        public readonly Numbers<byte> Mask;

        public Problem(AttentionShape shape, bool masked, bool biased)
        {
            this.shape = shape;
            (Q, K) = (Random(shape.Queries, shape.HeadDim, 1), Random(shape.Keys, shape.HeadDim, 2));
            (V, DY) = (Random(shape.Keys, shape.ValueDim, 3), Random(shape.Queries, shape.ValueDim, 4));
            var weights = shape.Batch * shape.Heads * shape.Queries * shape.Keys;
            Bias = biased ? Numbers.Random<T>(weights, 5) : new([]);
            for (var i = 4; i < Bias.Values.Length - 1; i += 11) Bias[i] = T.NegativeInfinity;
            Random random = new(6);
            Mask = masked ? new([.. Enumerable.Range(0, weights).Select(_ => (byte)(random.Next(4) == 0 ? 0 : 1))]) : new([]);
        }

        Numbers<T> Random(int rows, int size, int seed) => Numbers.Random<T>(shape.Batch * shape.Heads * rows * size, seed);

        public Results<T> Kernels(int bits, int step = int.MaxValue)
        {
            int heads = shape.Batch * shape.Heads, weights = heads * shape.Queries * shape.Keys;
            Numbers<T> Wrong(int count) => Numbers.Filled(count, T.CreateChecked(99));
            Results<T> r = new()
            {
                Y = Wrong(heads * shape.Queries * shape.ValueDim),
                Lse = Wrong(heads * shape.Queries),
                Weights = Wrong(weights),
                Delta = Wrong(heads * shape.Queries),
                DQ = Wrong(heads * shape.Queries * shape.HeadDim),
                DK = Wrong(heads * shape.Keys * shape.HeadDim),
                DV = Wrong(heads * shape.Keys * shape.ValueDim),
                DBias = Wrong(weights),
            };
            Numbers.Run<T, Attention.Forward<T>>(new(Q.View, K.View, V.View, Mask.View, Bias.View, r.Y.View, r.Lse.View, shape), Attention.Forward<T>.Items(shape), bits, step);
            Numbers.Run<T, Attention.Weights<T>>(new(Q.View, K.View, Mask.View, Bias.View, r.Lse.View, r.Weights.View, shape), Attention.Weights<T>.Items(shape), bits, step);
            Numbers.Run<T, Attention.Backward<T>>(
                new(Q.View, K.View, V.View, Mask.View, Bias.View, r.Y.View, r.Lse.View, DY.View, r.Delta.View, r.DQ.View, r.DK.View, r.DV.View, r.DBias.View, shape),
                Attention.Backward<T>.Items(shape), bits, step);
            return r;
        }

        public (double[] Y, double[] Lse, double[] Weights, double[] DQ, double[] DK, double[] DV, double[] DBias) Definition()
        {
            int heads = shape.Batch * shape.Heads, weights = heads * shape.Queries * shape.Keys;
            double[] y = new double[heads * shape.Queries * shape.ValueDim], lse = new double[heads * shape.Queries], w = new double[weights], dbias = new double[weights];
            double[] dq = new double[heads * shape.Queries * shape.HeadDim], dk = new double[heads * shape.Keys * shape.HeadDim], dv = new double[heads * shape.Keys * shape.ValueDim];
            for (var (head, row) = (0, 0); row < heads * shape.Queries; row++)
            {
                (head, var i) = Math.DivRem(row, shape.Queries);
                int At(AttentionStrides s, int r) => head / shape.Heads * s.Batch + head % shape.Heads * s.Head + r * s.Row;
                int MaskAt(AttentionMaskStrides s, int j) => head / shape.Heads * s.Batch + head % shape.Heads * s.Head + i * s.Query + j * s.Key;
                double Of(Numbers<T> x, int at) => double.CreateChecked(x[at]);
                double Keep(int j) => shape.Dropout == 0 ? 1 : Philox.Uniform(shape.Seed, shape.Offset + (ulong)(row * shape.Keys + j)) >= shape.Dropout ? 1 / (1 - shape.Dropout) : 0;

                var s = new double[shape.Keys];
                for (var j = 0; j < shape.Keys; j++)
                {
                    for (var d = 0; d < shape.HeadDim; d++) s[j] += Of(Q, At(shape.Q, i) + d) * Of(K, At(shape.K, j) + d) * shape.Scale;
                    if (Bias.View.Length > 0) s[j] += Of(Bias, MaskAt(shape.Bias, j));
                    if (shape.Causal && j > i || Mask.View.Length > 0 && Mask[MaskAt(shape.Mask, j)] == 0) s[j] = double.NegativeInfinity;
                }
                var max = s.Append(double.NegativeInfinity).Max();
                lse[row] = double.IsInfinity(max) ? max : max + Math.Log(s.Sum(x => Math.Exp(x - max)));
                var slopes = new double[shape.Keys];
                double delta = 0;
                for (var j = 0; j < shape.Keys; j++)
                {
                    w[row * shape.Keys + j] = double.IsInfinity(lse[row]) ? 0 : Math.Exp(s[j] - lse[row]);
                    for (var d = 0; d < shape.ValueDim; d++)
                    {
                        y[At(shape.Y, i) + d] += w[row * shape.Keys + j] * Keep(j) * Of(V, At(shape.V, j) + d);
                        slopes[j] += Of(DY, At(shape.DY, i) + d) * Of(V, At(shape.V, j) + d) * Keep(j);
                        dv[At(shape.DV, j) + d] += w[row * shape.Keys + j] * Keep(j) * Of(DY, At(shape.DY, i) + d);
                    }
                    delta += w[row * shape.Keys + j] * slopes[j];
                }
                for (var j = 0; j < shape.Keys; j++)
                {
                    var slope = dbias[row * shape.Keys + j] = w[row * shape.Keys + j] * (slopes[j] - delta);
                    for (var d = 0; d < shape.HeadDim; d++)
                    {
                        dq[At(shape.DQ, i) + d] += slope * shape.Scale * Of(K, At(shape.K, j) + d);
                        dk[At(shape.DK, j) + d] += slope * shape.Scale * Of(Q, At(shape.Q, i) + d);
                    }
                }
            }
            return (y, lse, w, dq, dk, dv, dbias);
        }
    }
}
