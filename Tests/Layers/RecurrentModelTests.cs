using Xunit;

namespace NanoAttention.Tests.Layers;

/// <summary>Models of LSTMs learn what they are for.</summary>
public class RecurrentModelTests
{
    // 0 1 2 3 0 1 2 3 …, in blocks that go on from each other.
    [Fact]
    public void ACharLstmGoesOnWithWhatItHasLearnt()
    {
        using var _ = Defaults.With(seed: 4);
        var model = new CharLstm(4, 6, 12);
        var optimizer = new Adam(model.Parameters(), 0.02);
        var ids = Tensor.From([0, 1, 2, 3, 0, 1, 2, 3], [1, 8]);
        var targets = Tensor.From([1, 2, 3, 0, 1, 2, 3, 0], [1, 8]);
        (Tensor H, Tensor C)? state = null;
        for (int i = 0; i < 60; i++)
        {
            using var step = Scope.Begin();
            optimizer.ZeroGrad();
            var (logits, next) = model.Forward(ids, state);
            logits.CrossEntropy(targets).Backward();
            optimizer.Step();
            state = (next.H.Detach(), next.C.Detach());
        }
        Assert.Equal([3, 0, 1, 2, 3, 0], model.Generate([1, 2], 6, temperature: 0));
        Assert.Contains("the prompt is empty", Assert.Throws<ArgumentException>(() => model.Generate([], 1)).Message);
    }

    // The tag of a word is the word that follows it, and 0 at the end: it takes reading backwards.
    [Fact]
    public void ATaggerLooksBothWays()
    {
        using var _ = Defaults.With(seed: 5);
        var model = new Tagger(4, 6, 8, 4, dropout: 0.1);
        var optimizer = new Adam(model.Parameters(), 0.03);
        var ids = Padding.Batch([[1, 2, 3], [2, 1], [3, 3, 1, 2]]);
        int[] lengths = [3, 2, 4];
        var tags = Tensor.From([2, 3, 0, -100, 1, 0, -100, -100, 3, 1, 2, 0], [3, 4]);
        for (int i = 0; i < 80; i++)
        {
            using var step = Scope.Begin();
            optimizer.ZeroGrad();
            model.Loss(ids, lengths, tags).Backward();
            optimizer.Step();
        }
        model.Eval();
        Assert.Equal([[2, 3, 0], [1, 0], [3, 1, 2, 0]], model.Tag(ids, lengths));
    }
}
