using Xunit;

namespace NanoAttention.Tests;

[Trait("Category", "Gpu")]
public sealed class GpuLadderTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 5, 7)]
    [InlineData(8, 4, 6)]
    public void Every_rung_gives_the_same_product(int n, int k, int m)
    {
        var gpu = (GpuDevice)Device.Gpu;
        using var defaults = Defaults.With(seed: 3);
        Tensor a = Tensor.Uniform([n, k], -1, 1, device: Device.Cpu), b = Tensor.Uniform([m, k], -1, 1, device: Device.Cpu);
        float[] expected = a.MatMul(b.Transpose()).ToArray<float>();
        Tensor x = a.To(gpu), y = b.To(gpu).Transpose();
        foreach (Action<Tensor, Tensor, Tensor> rung in (Action<Tensor, Tensor, Tensor>[])[gpu.NaiveMatMul, gpu.TiledMatMul])
        {
            var c = Tensor.Full([n, m], double.NaN, device: gpu);
            rung(x, y, c);
            Assert.Equal(expected, c.ToArray<float>(), (e, actual) => Math.Abs(e - actual) <= k * 1.2e-7f);
        }
    }
}
