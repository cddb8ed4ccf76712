using Xunit;

namespace NanoAttention.Tests.Layers;

/// <summary>The checks behind the table; they run in F64 unless they say otherwise.</summary>
static class Contracts
{
    const double Tolerance = 1e-12;

    /// <summary>y[i] has a gradient of exactly 0 in x[j] for all j &gt; i, and one that is not 0 in x[i]. Shapes: x (2, 5, 8) → (2, 5, d).</summary>
    public static void NoGradientToTheFuture(Func<Tensor, Tensor> f)
    {
        var x = Tensor.Normal([2, 5, 8]).RequireGrad();
        for (int i = 0; i < 5; i++)
        {
            var y = f(x).Select(1, i);
            var slopes = Reverse.Gradients(y, [x], Rounding.Weights(y, 1))[0]!;
            Assert.All(slopes.Slice(1, i + 1, 4 - i).ToDoubles(), slope => Assert.Equal(0, slope));
            Assert.Contains(slopes.Select(1, i).ToDoubles(), slope => slope != 0);
        }
    }

    public static void RowsSumToOne(Row row)
    {
        var (layer, look) = Ready(row);
        foreach (var mask in row.Maskless is null ? [null, Some] : new Tensor?[] { null })
        {
            var (x, memory) = Given(row);
            var weights = look(x, memory, mask, weighed: true).Weights!;
            Assert.All(weights.ToDoubles(), w => Assert.InRange(w, 0, 1 + Tolerance));
            Assert.All(weights.Sum(-1).ToDoubles(), sum => Assert.Equal(1, sum, Tolerance));
        }
    }

    /// <summary>Bit for bit, in training (with the same random numbers) and after it, in both precisions.</summary>
    public static void AskingChangesNothing(Row row)
    {
        foreach (var type in new[] { DType.F32, DType.F64 })
            foreach (bool training in new[] { true, false })
            {
                using var _ = Defaults.With(type, seed: 1);
                var (layer, look) = row.Make();
                if (!training) layer?.Eval();
                var (x, memory) = Given(row);
                Defaults.Seed = 2;
                var plain = look(x, memory, null, weighed: false).Output;
                Defaults.Seed = 2;
                var asked = look(x, memory, null, weighed: true);
                Assert.NotNull(asked.Weights);
                Assert.Equal(plain.ToDoubles(), asked.Output.ToDoubles());
                Assert.Equal(Reverse.Gradients(plain, [memory], Rounding.Weights(plain, 1))[0]!.ToDoubles(),
                    Reverse.Gradients(asked.Output, [memory], Rounding.Weights(plain, 1))[0]!.ToDoubles());
            }
    }

    /// <summary>Numbers behind the end that the mask leaves out: outputs and gradients are as if they were not there.</summary>
    public static void PaddingChangesNothing(Row row)
    {
        var (_, look) = Ready(row);
        var (x, memory) = Given(row);
        int size = memory.Shape[1];
        var longer = Tensor.Concat([memory.Detach(), 50 * Tensor.Normal(memory.Shape.With(1, 3))], 1).RequireGrad();
        var bare = look(x, memory, null, weighed: false).Output;
        var padded = look(row.Self ? longer : x, longer, Padding.Mask([size, size], size + 3), weighed: false).Output;
        if (row.Self) padded = padded.Slice(1, 0, size);
        Rounding.AssertClose(bare, padded, Tolerance, "padded");
        var cotangent = Rounding.Weights(bare, 1);
        Tensor expected = Reverse.Gradients(bare, [memory], cotangent)[0]!, actual = Reverse.Gradients(padded, [longer], cotangent)[0]!;
        Rounding.AssertClose(expected, actual.Slice(1, 0, size), Tolerance, "gradient, padded");
        Assert.All(actual.Slice(1, size, 3).ToDoubles(), slope => Assert.Equal(0, slope));
    }

    /// <summary>Keys in another order give the same answers; where the queries are the same places, those come in that order too.</summary>
    public static void OrderDoesNotMatter(Row row)
    {
        var (_, look) = Ready(row);
        var (x, memory) = Given(row);
        var mask = row.Maskless is null ? Some : null;
        var order = Tensor.From([3, 0, 4, 1, 2], [5]);
        var (y, weights) = look(x, memory, mask, weighed: true);
        var moved = memory.IndexSelect(1, order);
        var (z, movedWeights) = look(row.Self ? moved : x, moved, mask?.IndexSelect(1, order), weighed: true);
        Rounding.AssertClose(row.Self ? y.IndexSelect(1, order) : y, z, Tolerance, "in another order");
        var expected = weights!.IndexSelect(-1, order);
        Rounding.AssertClose(row.Self ? expected.IndexSelect(-2, order) : expected, movedWeights!, Tolerance, "weights in another order");
    }

    /// <summary>Where nothing is there, answer and weights are 0 and every gradient is finite, of first and second order.</summary>
    public static void TheBlindAnswerZero(Row row)
    {
        var (layer, look) = Ready(row);
        var (x, memory) = Given(row);
        var (y, weights) = look(x, memory, Padding.Mask([5, 0], 5), weighed: true);
        foreach (var answer in new[] { y, weights })
            if (answer is not null) Assert.All(answer.Select(0, 1).ToDoubles(), value => Assert.Equal(0, value));
        Tensor[] leaves = [.. (layer?.Parameters() ?? []).Append(memory).Append(x).Distinct()];
        var first = Reverse.Gradients(y, leaves, Rounding.Weights(y, 1), createGraph: true);
        foreach (var slopes in first)
        {
            AssertFinite(slopes);
            if (slopes is { RequiresGrad: true }) foreach (var second in Reverse.Gradients(slopes, leaves, Rounding.Weights(slopes, 2), retainGraph: true)) AssertFinite(second);
        }

        static void AssertFinite(Tensor? slopes) => Assert.All(slopes?.ToDoubles() ?? [], slope => Assert.True(double.IsFinite(slope)));
    }

    /// <summary>A sequence given in pieces to what remembers (a new memory each time it is asked for) is answered as if it were given whole.</summary>
    public static void CachedIsFull(Func<Tensor, Tensor> full, Func<Func<Tensor, Tensor>> remembering)
    {
        foreach (int[] sizes in new int[][] { [1, 1, 1, 1, 1], [2, 2, 1], [4, 1], [5] })
            Same(full, x =>
            {
                var next = remembering();
                return Tensor.Concat(Array.ConvertAll(x.Split(sizes, 1), piece => next(piece)), 1);
            });
    }

    /// <summary>Two ways to compute one thing of x (2, 5, 8): results and gradients.</summary>
    public static void Same(Func<Tensor, Tensor> f, Func<Tensor, Tensor> g, Shape? shape = null)
    {
        var x = Tensor.Normal(shape ?? [2, 5, 8]).RequireGrad();
        Tensor y = f(x), z = g(x);
        Rounding.AssertClose(y, z, Tolerance, "result");
        var cotangent = Rounding.Weights(y, 1);
        Rounding.AssertClose(Reverse.Gradients(y, [x], cotangent)[0]!, Reverse.Gradients(z, [x], cotangent)[0]!, Tolerance, "gradient");
    }

    /// <summary>Summed over all that might be drawn, with its probability, the estimated gradient is the gradient of the mean loss.</summary>
    public static void ReinforceIsUnbiased(double baseline)
    {
        var attention = new HardAttention(new GeneralScore(4, 3));
        Tensor queries = Leaf(1, 2, 4), keys = Leaf(1, 3, 3), values = Leaf(1, 3, 2);
        Tensor[] leaves = [queries, keys, values, .. attention.Parameters()];
        var mean = Tensor.Zeros([1]);
        double[][] estimated = [.. leaves.Select(leaf => new double[leaf.Count])];
        for (int first = 0; first < 3; first++)
            for (int second = 0; second < 3; second++)
            {
                var look = attention.At(Tensor.From([first, second], [1, 2]), queries, keys, values);
                var (loss, logarithm) = ((look.Output.Sum(1).Square().Sum(-1) + look.Output.Sum([1, 2]).Sin()), look.LogProbability.Sum(1));
                mean += logarithm.Exp() * loss;
                var reinforce = new Reinforce(keep: 0);
                reinforce.Surrogate(Tensor.Full([1], baseline), Tensor.Zeros([1]));
                Assert.Equal(baseline, reinforce.Baseline);
                var surrogate = reinforce.Surrogate(loss, logarithm);
                Assert.Equal(loss.Item(), surrogate.Item());
                var gradients = Reverse.Gradients(surrogate, leaves, retainGraph: true);
                double probability = Math.Exp(logarithm.Item());
                for (int k = 0; k < leaves.Length; k++)
                    foreach (var (i, slope) in gradients[k]!.ToDoubles().Index()) estimated[k][i] += probability * slope;
            }
        var exact = Reverse.Gradients(mean, leaves);
        for (int k = 0; k < leaves.Length; k++) Rounding.AssertClose(exact[k]!, Tensor.From(estimated[k], leaves[k].Shape), Tolerance, $"gradient {k}");
    }

    /// <summary>Weights are exactly one-hot where the softmax is largest, and their gradient is bit for bit that of the softmax.</summary>
    public static void StraightThroughIsOneHotAndSoft()
    {
        var score = new GeneralScore(4, 3);
        Tensor queries = Leaf(2, 5, 4), keys = Leaf(2, 6, 3), values = Leaf(2, 6, 2);
        Tensor[] leaves = [queries, keys, .. score.Parameters()];
        Defaults.Seed = 3;
        var (y, hard) = new GumbelAttention(score, 0.5).ForwardWithWeights(queries, keys, values);
        Defaults.Seed = 3;
        var soft = new GumbelAttention(score, 0.5, straightThrough: false).ForwardWithWeights(queries, keys, values).Weights;
        Assert.Equal(soft.ArgMax(-1).OneHot(6).ToDoubles(), hard.ToDoubles());
        Assert.Equal(values.TakeAlong(1, hard.ArgMax(-1).Unsqueeze(2).Expand(2, 5, 2)).ToDoubles(), y.ToDoubles());
        var cotangent = Rounding.Weights(hard, 1);
        Assert.Equal(Slopes(soft, cotangent), Slopes(hard, cotangent));
        var dy = Rounding.Weights(y, 2);
        Assert.Equal(Slopes(soft, dy.MatMul(values.Detach().Transpose())), Slopes(y, dy));

        double[] Slopes(Tensor of, Tensor cotangent) => [.. Reverse.Gradients(of, leaves, cotangent, retainGraph: true).SelectMany(g => g!.ToDoubles())];
    }

    // Trained, so that nothing is random.
    static (Module? Layer, Look Look) Ready(Row row)
    {
        var made = row.Make();
        made.Layer?.Eval();
        return made;
    }

    static (Tensor X, Tensor Memory) Given(Row row)
    {
        var memory = Tensor.Normal(row.Input).RequireGrad();
        return (row.Self ? memory : Leaf(2, 3, 8), memory);
    }

    static Tensor Some => Tensor.From([true, false, true, true, true, false, false, true, true, false], [2, 5]);

    static Tensor Leaf(params int[] sizes) => Tensor.Normal(Shape.Create(sizes)).RequireGrad();
}
