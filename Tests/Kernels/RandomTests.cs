using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;
using Xunit;
using static NanoAttention.Tests.Kernels.KernelRun;
using K = NanoAttention.Kernels.Cpu;

namespace NanoAttention.Tests.Kernels;

public class RandomTests
{
    // the known answers of Random123 (kat_vectors, philox4x32 10)
    [Theory]
    [InlineData(0UL, 0UL, 0UL, new uint[] { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 })]
    [InlineData(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, new uint[] { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd })]
    [InlineData(0x299f31d0a4093822UL, 0x85a308d3243f6a88UL, 0x0370734413198a2eUL, new uint[] { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 })]
    public void Philox_gives_the_known_answers(ulong key, ulong low, ulong high, uint[] answer)
    {
        var words = Philox.Bits(key, low, high);
        Assert.Equal(answer, Enumerable.Range(0, 4).Select(words.At));
    }

    [Fact]
    public void An_element_takes_its_own_number_whatever_the_split()
    {
        float[] floats = Array<float>(67);
        double[] doubles = Array<double>(67), normals = Array<double>(67);
        KernelRun.Check(new RandomFill.Uniform<float>(9, 3, View(floats), 0, 1), 67, floats, i => Philox.Uniform(9, 3 + (ulong)i));
        KernelRun.Check(new RandomFill.Uniform<double>(9, 3, View(doubles), -2, 2), 67, doubles, i => -2 + 4 * Philox.UniformDouble(9, 3 + (ulong)i));
        KernelRun.Check(new RandomFill.Normal<double>(9, 3, View(normals), 1, 2), 67, normals, i => 1 + 2 * Philox.Normal(9, 3 + (ulong)i));
        for (int i = 0; i < 67; i++) Assert.InRange((doubles[i] + 2) / 4 - floats[i], 0, 1.0 / (1 << 24));
    }

    [Fact]
    public void Numbers_have_the_moments_of_their_distribution()
    {
        const int N = 100_000;
        var y = Array<double>(N);
        new RandomFill.Uniform<double>(1, 0, View(y), 0, 1).Run(0, N);
        Assert.InRange(y.Average(), 0.497, 0.503);
        Assert.InRange(y.Average(v => v * v), 0.330, 0.337);
        new RandomFill.Normal<double>(1, 0, View(y), 0, 1).Run(0, N);
        Assert.InRange(y.Average(), -0.012, 0.012);
        Assert.InRange(y.Average(v => v * v), 0.98, 1.02);
        Assert.InRange(y.Average(v => v * v * v * v), 2.9, 3.1);
        Assert.InRange(Enumerable.Range(0, N / 2).Average(i => y[2 * i] * y[2 * i + 1]), -0.018, 0.018);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(1)]
    public void Dropout_drops_the_same_elements_in_every_type(double p)
    {
        const int N = 5003;
        float[] x = Array<float>(N, _ => 2), y = Array<float>(N);
        double[] wide = Array<double>(N, _ => 2), result = Array<double>(N);
        KernelRun.Check(new K.Dropout.Apply<float>(View(x), View(y), 4, 5, p), N, y, i => Philox.Uniform(4, 5 + (ulong)i) >= p ? (float)(2 / (1 - p)) : 0);
        new K.Dropout.Apply<double>(View(wide), View(result), 4, 5, p).Run(0, N);
        for (int i = 0; i < N; i++) Assert.Equal(y[i] == 0, result[i] == 0);
        Assert.InRange(y.Count(v => v == 0) / (double)N, p - 0.03, p + 0.03);
    }
}
