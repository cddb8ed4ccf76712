using Xunit;

namespace NanoAttention.Tests;

/// <summary>The gradient check as a reader of the notebooks uses it: on tensors.</summary>
public class TensorGradCheckTests
{
    [Fact]
    public void A_layer_of_ones_own_is_checked_in_one_line()
    {
        using var _ = Defaults.With(DType.F64, seed: 4);
        Tensor x = Tensor.Normal([3, 4]), w = Tensor.Normal([4, 2]), b = Tensor.Normal([2]);
        GradCheck.Run(() => (x.MatMul(w) + b).Tanh(), x, w, b).ThrowIfFailed();
        GradCheck.Second(() => (x.MatMul(w) + b).Tanh(), x, w, b).ThrowIfFailed();
        Assert.False(x.RequiresGrad);
    }

    [Fact]
    public void A_mistake_is_named_by_input_and_index()
    {
        using var _ = Defaults.With(DType.F64, seed: 4);
        Tensor x = Tensor.Normal([2, 3]), weight = Tensor.Normal([2, 3]);
        Tensor Wrong()
        {
            var y = (x.Detach() * weight.Detach()).Clone();
            return Reverse.Record(y, [(x, dy => dy * weight), (weight, dy => dy * x * Tensor.Of([1, 1, 1, 1, 1, 1.01], [2, 3]))], "Wrong");
        }
        var failure = Assert.Throws<InvalidOperationException>(() => GradCheck.Run(Wrong, x, weight).ThrowIfFailed());
        Assert.Matches(@"^gradient check failed at 3 of 16 slopes; worst \(.* of its bound\) weight(\[1, 2\]|, along a random direction)", failure.Message);
    }

    [Fact]
    public void Single_precision_is_refused_with_the_remedy()
    {
        var x = Tensor.Ones([2, 3], DType.F32);
        var message = Assert.Throws<ArgumentException>(() => GradCheck.Run(() => x.Exp(), x)).Message;
        Assert.Contains("(2, 3) holds F32", message);
        Assert.Contains("DType.F64", message);
    }

    [Fact]
    public void Views_of_one_leaf_and_two_leaves_with_equal_values()
    {
        using var _ = Defaults.With(DType.F64, seed: 4);
        Tensor a = Tensor.Normal([3, 3]), b = a.Clone();
        GradCheck.Run(() => a.Transpose().MatMul(b) * a, a, b).ThrowIfFailed();
        GradCheck.Second(() => a.Maximum(a.Slice(0, 1, 1)), a).ThrowIfFailed();       // a row against itself: half and half
    }
}
