using Xunit;

namespace NanoAttention.Tests.Layers;

[Collection(AloneCollection.Name)]
public class SinusoidsTests
{
    static void Adds(Sinusoids places, Shape shape, DType dtype)
    {
        var y = places.Forward(Tensor.Zeros(shape, dtype));
        Assert.Equal(dtype, y.DType);
        Assert.Equal(Sinusoids.Of(shape[^2], shape[^1]).To(dtype).ToDoubles(), y[0].ToDoubles());
    }

    [Fact]
    public void TheTableFollowsTimeSizeAndTypeAndOutlivesScopes()
    {
        var places = new Sinusoids();
        for (int i = 0; i < 2; i++)
            foreach (var (shape, dtype) in (ReadOnlySpan<(Shape, DType)>)[([2, 5, 8], DType.F32), ([1, 3, 8], DType.F32), ([1, 3, 6], DType.F32), ([2, 9, 6], DType.F32), ([2, 9, 6], DType.F64)])
            {
                using var step = Scope.Begin();
                Adds(places, shape, dtype);
            }
    }

    [Fact]
    public void TheTableIsNoState()
    {
        var model = new TransformerSeq2Seq(5, 5, 4, 2, 6, 1);
        string[] names = [.. model.StateDict().Keys];
        model.Forward(Padding.Batch([[3, 4]]), [2], Padding.Batch([[1]]));
        Assert.Equal(names, model.StateDict().Keys);
    }

    // 10 000 places in F64 take 5 MB, in F32 half as much: made once, not 20 times.
    [Fact]
    public void TheTableIsMadeOnce()
    {
        var places = new Sinusoids();
        var x = Tensor.Zeros([1, 10_000, 64]);
        places.Forward(x);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            using var step = Scope.Begin();
            places.Forward(x);
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
    }

    [Fact]
    public void AVectorAloneHasNoPlace() => Assert.Equal("Sinusoids: the input (4) must be (…, time, size)", Assert.Throws<ArgumentException>(() => new Sinusoids().Forward(Tensor.Ones([4]))).Message);
}
