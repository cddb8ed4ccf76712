using Xunit;

namespace NanoAttention.Tests.Layers;

/// <summary>Luong's local attention, number by number.</summary>
public class LocalAttentionTests
{
    [Fact]
    public void Weights_of_the_predicted_window_are_the_softmax_times_a_Gaussian()
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        const int keys = 9, reach = 3;
        var layer = new LocalPredictiveAttention(new DotScore(scaled: false), 4, 3, reach);
        Tensor q = Tensor.Normal([1, 5, 4]), k = Tensor.Normal([1, keys, 4]);
        double[] weights = layer.ForwardWithWeights(q, k, k).Weights.ToDoubles();
        double[] scores = q.MatMul(k.Transpose()).ToDoubles(), shares = layer.W.Forward(q).Tanh().MatMul(layer.V).Sigmoid().ToDoubles();
        for (int i = 0; i < 5; i++)
        {
            double p = keys * shares[i], sum = Enumerable.Range(0, keys).Where(j => Math.Abs(j - p) <= reach).Sum(j => Math.Exp(scores[i * keys + j])), deviation = reach / 2.0;
            for (int j = 0; j < keys; j++)
            {
                double expected = Math.Abs(j - p) <= reach ? Math.Exp(scores[i * keys + j]) / sum * Math.Exp(-(j - p) * (j - p) / (2 * deviation * deviation)) : 0;
                Assert.Equal(expected, weights[i * keys + j], 1e-14);
            }
            Assert.InRange(Enumerable.Range(0, keys).Sum(j => weights[i * keys + j]), 0, 1);
        }
    }

    [Fact]
    public void A_window_beyond_the_last_key_sees_nothing()
    {
        using var _ = Defaults.With(DType.F64, seed: 2);
        var layer = new LocalMonotonicAttention(new DotScore(), 1);
        Tensor q = Tensor.Normal([1, 4, 2]), k = Tensor.Normal([1, 2, 2]);
        var (y, weights) = layer.ForwardWithWeights(q, k, k);
        Assert.Equal([0.0, 0], y[0, 3].ToDoubles());
        Assert.Equal([0.0, 1], weights[0, 2].ToDoubles());
        Assert.Equal(layer.Forward(q, k, k)[.., 1..].ToDoubles(), layer.Forward(q[.., 1..], k, k, offset: 1).ToDoubles());
    }
}
