using Xunit;

namespace NanoAttention.Tests.Layers;

/// <summary>The conditional random field against the sum over all sequences.</summary>
public class CrfTests
{
    const int Tags = 3, Time = 4;

    [Fact]
    public void Probabilities_sum_to_one_and_Viterbi_finds_the_largest()
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        var crf = new Crf(Tags);
        foreach (var p in crf.Parameters()) Initialise.Normal(p);
        var emissions = Tensor.Normal([2, Time, Tags]);
        int[] lengths = [Time, 2];
        var mask = Padding.Mask(lengths, Time);
        int[][] best = crf.Decode(emissions, mask);
        for (int row = 0; row < 2; row++)
        {
            double sum = 0, most = double.NegativeInfinity;
            int[] likeliest = [];
            foreach (int[] tags in Sequences(lengths[row]))
            {
                double logarithm = LogLikelihood(row, tags), expected = Score(row, tags);
                sum += Math.Exp(logarithm);
                if (logarithm > most) (most, likeliest) = (logarithm, tags);
                Assert.Equal(expected - Math.Log(Sequences(lengths[row]).Sum(other => Math.Exp(Score(row, other)))), logarithm, 1e-12);
            }
            Assert.Equal(1, sum, 1e-12);
            Assert.Equal(likeliest, best[row]);
        }

        double LogLikelihood(int row, int[] tags)
        {
            var padded = new int[2 * Time];
            tags.CopyTo(padded, row * Time);
            return crf.LogLikelihood(emissions, Tensor.From(padded, [2, Time]), mask)[row].Item();
        }

        double Score(int row, int[] tags)
        {
            double s = crf.StartTransitions[tags[0]].Item() + crf.EndTransitions[tags[^1]].Item();
            for (int t = 0; t < tags.Length; t++) s += emissions[row, t, tags[t]].Item() + (t == 0 ? 0 : crf.Transitions[tags[t - 1], tags[t]].Item());
            return s;
        }
    }

    [Fact]
    public void What_follows_the_end_of_a_row_changes_nothing()
    {
        using var _ = Defaults.With(DType.F64, seed: 2);
        var crf = new Crf(Tags);
        var emissions = Tensor.Normal([1, 2, Tags]).RequireGrad();
        var longer = Tensor.Concat([emissions, 50 * Tensor.Normal([1, 2, Tags])], 1);
        Tensor bare = crf.LogLikelihood(emissions, Tensor.From([2, 0], [1, 2])), padded = crf.LogLikelihood(longer, Tensor.From([2, 0, 1, 1], [1, 4]), Padding.Mask([2], 4));
        Assert.Equal(bare.Item(), padded.Item(), 1e-13);
        Rounding.AssertClose(Reverse.Gradients(bare, [emissions])[0]!, Reverse.Gradients(padded, [emissions])[0]!, 1e-13, "gradient");
    }

    [Fact]
    public void A_row_of_one_place_has_no_transition()
    {
        using var _ = Defaults.With(DType.F64, seed: 3);
        var crf = new Crf(Tags);
        var emissions = Tensor.Normal([1, 1, Tags]);
        var expected = (crf.StartTransitions + emissions[0, 0] + crf.EndTransitions).LogSoftmax()[1];
        Assert.Equal(expected.Item(), crf.LogLikelihood(emissions, Tensor.From([1], [1, 1])).Item(), 1e-14);
    }

    [Fact]
    public void Misfits_are_named()
    {
        var crf = new Crf(Tags);
        Tensor emissions = Tensor.Ones([1, 3, Tags]), tags = Tensor.From([0, 1, 2], [1, 3]);
        Named("Crf: the emissions (1, 3, 2) must be (b, t, 3) with a t of at least 1", () => crf.Decode(Tensor.Ones([1, 3, 2])));
        Named("Crf: the tags (1, 2) must be (1, 3), as the emissions (1, 3, 3) are", () => crf.LogLikelihood(emissions, tags.Slice(1, 0, 2)));
        Named("Crf: row 0 of the mask must be true at its first places, at least one, and nowhere else", () => crf.LogLikelihood(emissions, tags, Tensor.From([true, false, true], [1, 3])));

        static void Named(string message, Action misfit) => Assert.Equal(message, Assert.Throws<ArgumentException>(misfit).Message);
    }

    static IEnumerable<int[]> Sequences(int length) =>
        Enumerable.Range(0, (int)Math.Pow(Tags, length)).Select(n => Enumerable.Range(0, length).Select(t => n / (int)Math.Pow(Tags, t) % Tags).ToArray());
}
