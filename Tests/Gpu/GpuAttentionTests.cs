using NanoAttention.Kernels.Cpu;
using NanoAttention.Kernels.Gpu;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>Attention's kernels against the CPU's: the shapes at which tiles, slices and the diagonal end.</summary>
[Trait("Category", "Gpu")]
public class GpuAttentionTests
{
    /// <summary>What an attention is asked for; queries and keys are long, heads and values wide.</summary>
    sealed record Sample(int Queries, int Keys, int Width, int Values, bool Causal = false, string Mask = "", string Bias = "",
        double Dropout = 0, ulong Position = 0, bool Packed = false);

    static readonly Dictionary<string, Sample> samples = ((Sample[])
    [
        new(1, 1, 1, 1), new(1, 33, 8, 8), new(33, 1, 3, 5), new(7, 7, 20, 20, Causal: true), new(33, 33, 8, 8, Causal: true),
        new(33, 7, 8, 4, Causal: true), new(7, 33, 4, 8, Causal: true), new(9, 17, 64, 64), new(10, 10, 72, 1, Causal: true),
        new(5, 11, 1, 72), new(20, 20, 8, 8, Causal: true, Packed: true), new(9, 9, 5, 5, Packed: true), new(33, 21, 8, 8, Mask: "keys"),
        new(10, 33, 4, 4, Mask: "all", Bias: "all"), new(33, 33, 4, 4, Causal: true, Mask: "keys", Bias: "heads"),
        new(19, 23, 5, 7, Mask: "fewer"), new(17, 17, 4, 4, Causal: true, Bias: "keys"), new(21, 32, 4, 4, Dropout: 0.3),
        new(18, 33, 4, 8, Causal: true, Dropout: 0.5, Position: 3), new(7, 7, 4, 4, Mask: "all", Bias: "all", Dropout: 0.1, Position: 1),
        new(0, 5, 4, 4), new(5, 0, 4, 4), new(5, 5, 0, 4), new(5, 5, 4, 0),
    ]).ToDictionary(sample => sample.ToString());

    public static TheoryData<string> Names => [.. samples.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Outputs_and_gradients_are_the_CPUs(string name)
    {
        var sample = samples[name];
        var (expected, actual) = (Run(sample, Device.Cpu), Run(sample, Device.Gpu));
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) AssertClose(expected[i], actual[i], i);
    }

    [Fact]
    public void Bits_are_the_same_on_every_run()
    {
        var sample = new Sample(17, 19, 12, 12, Causal: true, Mask: "keys", Bias: "heads", Dropout: 0.2);
        Assert.Equal(Run(sample, Device.Gpu).Select(x => x.ToArray<float>()), Run(sample, Device.Gpu).Select(x => x.ToArray<float>()));
    }

    /// <summary>A tile in the proportions of a real GPU's: several threads down, and slices as deep as the group is wide twice.</summary>
    public readonly struct Tile16 : IAttentionTile
    {
        public static int Side => 4;
        public static int Depth => 8;
    }

    [Theory]
    [InlineData(33, 33, 12, 20, true, 0), InlineData(21, 37, 5, 7, false, 0.4)]
    public void A_larger_tile_computes_the_same(int queries, int keys, int width, int values, bool causal, double dropout)
    {
        using var _ = Defaults.With(DType.F32, Device.Cpu, seed: 6);
        Tensor q = Tensor.Normal([1, 2, queries, width]), k = Tensor.Normal([1, 2, keys, width]), v = Tensor.Normal([1, 2, keys, values]);
        Tensor dy = Tensor.Normal([1, 2, queries, values]), bias = Tensor.Normal([1, 2, queries, keys]);
        var mask = Tensor.Uniform(bias.Shape) > 0.2;
        AttentionStrides row(int n, int size) => AttentionStrides.Dense(2, n, size);
        AttentionMaskStrides all = new(2 * queries * keys, queries * keys, keys, 1);
        AttentionShape shape = new(1, 2, queries, keys, width, values, row(queries, width), row(keys, width), row(keys, values),
            row(queries, values), all, all, 0.3, causal, dropout, 7, 2);
        Tensor[] expected = On(Device.Cpu, Device.Cpu.Attention, Device.Cpu.AttentionBackward);
        var gpu = (GpuDevice)Device.Gpu;
        Tensor[] actual = On(gpu, gpu.Attention<Tile16>, gpu.AttentionBackward<Tile16>);
        for (int i = 0; i < expected.Length; i++) AssertClose(expected[i], actual[i], i);

        Tensor[] On(Device device, Action<Tensor, Tensor, Tensor, Tensor?, Tensor?, Tensor, Tensor, AttentionShape> forward,
            Action<Tensor, Tensor, Tensor, Tensor?, Tensor?, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor?, AttentionShape> back)
        {
            Tensor[] on = [.. new[] { q, k, v, mask, bias, dy }.Select(x => x.To(device))];
            Tensor Like(Tensor x) => Tensor.Full(x.Shape, 9, DType.F32, device);
            Tensor[] results = [Like(dy), Like(dy.Select(3, 0)), Like(q), Like(k), Like(v), Like(bias)];
            forward(on[0], on[1], on[2], on[3], on[4], results[0], results[1], shape);
            back(on[0], on[1], on[2], on[3], on[4], results[0], results[1], on[5], results[2], results[3], results[4], results[5], shape);
            return results;
        }
    }

    // y, and the gradients of q, k, v and the bias
    static Tensor[] Run(Sample s, Device device)
    {
        using var _ = Defaults.With(DType.F32, device, seed: 5);
        Tensor q, k, v;
        Tensor[] leaves;
        if (s.Packed)
        {
            leaves = [Tensor.Normal([2, s.Queries, 3 * 2 * s.Width]).RequireGrad()];
            var parts = leaves[0].Reshape(2, s.Queries, 3, 2, s.Width).Permute(2, 0, 3, 1, 4);       // (3, b, h, t, d), a view
            (q, k, v) = (parts.Select(0, 0), parts.Select(0, 1), parts.Select(0, 2));
        }
        else
        {
            (q, k) = (Tensor.Normal([2, 2, s.Queries, s.Width]), Tensor.Normal([2, 2, s.Keys, s.Width]));
            v = Tensor.Normal([2, 2, s.Keys, s.Values]);
            leaves = [q.RequireGrad(), k.RequireGrad(), v.RequireGrad()];
        }
        var mask = s.Mask switch
        {
            "keys" => Tensor.Uniform([2, 1, 1, s.Keys]) > 0.3,
            "all" => Tensor.Uniform([2, 2, s.Queries, s.Keys]) > 0.3,
            "fewer" => Tensor.Uniform([s.Queries, s.Keys]) > (Tensor.Arange(s.Queries).To(DType.F32) * (2.0 / s.Queries)).Unsqueeze(1),
            _ => null,
        };
        var bias = s.Bias switch
        {
            "keys" => Tensor.Normal([s.Keys]),
            "heads" => Tensor.Normal([2, s.Queries, s.Keys]),
            "all" => Tensor.Normal([2, 2, s.Queries, s.Keys]),
            _ => null,
        };
        if (bias is not null) leaves = [.. leaves, bias.RequireGrad()];
        Defaults.Generator = new Generator(9, s.Position);
        var y = Tensor.ScaledDotProductAttention(q, k, v, mask, bias, s.Causal, dropout: s.Dropout);
        return [y, .. Reverse.Gradients(y, leaves, Tensor.Normal(y.Shape)).Select(g => g!)];
    }

    static void AssertClose(Tensor expected, Tensor actual, int result)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        double[] wanted = expected.ToDoubles(), got = actual.ToDoubles();
        for (int i = 0; i < wanted.Length; i++)
            Assert.True(got[i] == wanted[i] || Math.Abs(got[i] - wanted[i]) <= 1e-5 * Math.Max(1, Math.Abs(wanted[i])),
                $"result {result}, element {i} of {expected.Shape}: {got[i]} on the GPU device, {wanted[i]} on the CPU");
    }
}
