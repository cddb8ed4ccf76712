using Xunit;

namespace NanoAttention.Tests.Layers;

public class EmbeddingTests
{
    [Fact]
    public void ThePaddingRowIsZeroAndStaysSo()
    {
        using var _ = Defaults.With(seed: 1);
        var embedding = new Embedding(4, 3, padding: 1);
        Assert.All(embedding.Weight[1].ToArray<float>(), w => Assert.Equal(0, w));
        var y = embedding.Forward(Tensor.From([0, 1, 2, 1], [2, 2]));
        (y * y).Sum().Backward();
        var grad = embedding.Weight.Grad!;
        Assert.All(grad[1].ToArray<float>().Concat(grad[3].ToArray<float>()), g => Assert.Equal(0, g));
        Assert.DoesNotContain(0f, grad[0].ToArray<float>());
    }

    // y = w₀² + w₁², w₁ padding: the gradient is (2w₀, 0), and the gradient of its sum of squares (8w₀, 0).
    [Fact]
    public void ThePaddingRowHasNoSecondGradientEither()
    {
        using var _ = Defaults.With(DType.F64, seed: 2);
        var table = Tensor.Of([3, 5], [2, 1]).RequireGrad();
        var y = table.Gather(Tensor.From([0, 1], [2]), padding: 1);
        var first = Reverse.Gradients((y * y).Sum(), [table], createGraph: true)[0]!;
        Assert.Equal([6, 0], first.ToArray<double>());
        Assert.Equal([24, 0], Reverse.Gradients((first * first).Sum(), [table])[0]!.ToArray<double>());
    }

    [Fact]
    public void APaddingRowThatIsNotThereIsRefused() =>
        Assert.Contains("not between 0 and 3", Assert.Throws<ArgumentOutOfRangeException>(() => new Embedding(4, 3, padding: 4)).Message);
}
