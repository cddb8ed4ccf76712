using Xunit;

namespace NanoAttention.Tests;

/// <summary>What the GPU device promises beyond the cases: its name, its types, and the numbers at the edges.</summary>
[Trait("Category", "Gpu")]
public class GpuDeviceTests
{
    static GpuDevice Gpu => (GpuDevice)Device.Gpu;

    [Fact]
    public void It_says_what_really_runs()
    {
        Assert.Null(Device.WhyNoGpu);
        Assert.Equal(Gpu.IsSimulated, Gpu.Name.StartsWith("GPU (ILGPU simulator: "));
        Assert.Matches(@"^GPU \((ILGPU simulator: .+|.+, (CUDA|OpenCL))\)$", Gpu.Name);
        Assert.False(Device.Cpu.IsSimulated);
    }

    [Fact]
    public void Doubles_are_refused_by_name()
    {
        var error = Assert.Throws<NotSupportedException>(() => Tensor.Zeros([2], DType.F64, Gpu));
        Assert.Contains("F64 runs on the CPU", error.Message);
        Assert.Throws<NotSupportedException>(() => Tensor.Ones([2], DType.F32, Gpu).To(DType.F64));
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(6)]
    public void Random_numbers_have_the_bits_of_the_CPUs(int position)
    {
        Assert.Equal(On(Device.Cpu), On(Gpu));

        float[] On(Device device)
        {
            using var _ = Defaults.With(DType.F32, device);
            Defaults.Generator = new Generator(42, (ulong)position);
            return [.. Tensor.Uniform([37], -3, 5).ToArray<float>(), .. Tensor.Normal([500], 1, 2).ToArray<float>(), .. Tensor.Ones([5, 7]).Dropout(0.5).ToArray<float>()];
        }
    }

    [Fact]
    public void Casts_cut_clamp_and_test_as_the_CPUs()
    {
        float[] values = [0, -0f, 0.9f, -1.9f, 3e9f, -3e9f, 2147483520, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1e-45f];
        Tensor cpu = Tensor.From(values, [values.Length], Device.Cpu), gpu = cpu.To(Gpu);
        Assert.Equal(cpu.To(DType.I32).ToArray<int>(), gpu.To(DType.I32).ToArray<int>());
        Assert.Equal(cpu.To(DType.Bool).ToArray<bool>(), gpu.To(DType.Bool).ToArray<bool>());
        Assert.Equal(cpu.To(DType.I32).To(DType.F32).ToArray<float>(), gpu.To(DType.I32).To(DType.F32).ToArray<float>());
        Assert.Equal(cpu.To(DType.Bool).To(DType.I32).ToArray<int>(), gpu.To(DType.Bool).To(DType.I32).ToArray<int>());
    }

    /// <summary>Where four numbers can be moved at once, and where it only seems so: of odd widths, and at odd places.</summary>
    [Theory]
    [InlineData("2 3 8", "8"), InlineData("2 3 8", "3 8"), InlineData("1 3 8", "2 1 8"), InlineData("1 8", "5 8"), InlineData("4 4", "4 1")]
    [InlineData("3 6", "6"), InlineData("3 7", "3 7"), InlineData("2 3 4", "1 3 1"), InlineData("2 5", "2 5"), InlineData("4 2", "4 2")]
    public void Numbers_moved_four_at_a_time_are_those_moved_one_by_one(string first, string second)
    {
        foreach (int start in (int[])[0, 1, 4])
        {
            var (expected, actual) = (On(Device.Cpu, start), On(Gpu, start));
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], actual[i], (x, y) => Math.Abs(x - y) <= 1e-6 * (1 + Math.Abs(x)));
        }

        double[][] On(Device device, int start)
        {
            using var _ = Defaults.With(DType.F32, device, seed: 4);
            Tensor a = Part(first).RequireGrad(), b = Part(second).RequireGrad(), y = a * b;
            Defaults.Generator = new Generator(9, (ulong)start);
            Tensor[] copies = [a.Transpose(0, -2).Contiguous(), a.Transpose(0, -1).Contiguous(), Tensor.Concat([a, a], -1), a.Dropout(0.5)];
            return [.. Reverse.Gradients(y, [a, b], Tensor.Normal(y.Shape)).Prepend(y).Concat(copies).Select(x => x!.ToDoubles())];

            Tensor Part(string sizes)
            {
                int[] shape = [.. sizes.Split(' ').Select(int.Parse)];
                int count = shape.Aggregate((x, y) => x * y);
                return Tensor.Normal([start + count]).Slice(0, start, count).Reshape(shape).Detach();
            }
        }
    }

    [Fact]
    public void Integers_too_large_for_floats_are_compared_exactly()
    {
        Tensor a = Tensor.From([16777216, 16777217, int.MaxValue], [3], Gpu), b = Tensor.From([16777217, 16777217, int.MaxValue - 1], [3], Gpu);
        Assert.Equal([true, false, false], (a < b).ToArray<bool>());
        Assert.Equal([false, true, false], a.EqualTo(b).ToArray<bool>());
    }

    [Fact]
    public void NaN_and_infinity_pass_as_on_the_CPU()
    {
        float[] values = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -1, 1e-40f, 100, -200, 3e38f];
        foreach (var f in new Func<Tensor, Tensor>[] { x => x.Exp(), x => x.Log(), x => x.Tanh(), x => x.Sqrt(), x => x.Relu(), x => x.Clamp(-1e5, 1e5).Sin(), x => x.Max(), x => x.Sigmoid(), x => x.Gelu(), x => x.Softmax() })
        {
            double[] expected = f(Tensor.From(values, [values.Length], Device.Cpu)).ToDoubles(), actual = f(Tensor.From(values, [values.Length], Gpu)).ToDoubles();
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], (a, b) => a.Equals(b) || Math.Abs(a - b) <= 1e-5 * Math.Abs(a) + 1e-37);
        }
    }

    [Fact]
    public void Indices_outside_the_table_give_NaN_and_no_gradient()
    {
        var table = Tensor.Of([1, 2, 3, 4], [2, 2], DType.F32, Gpu).RequireGrad();
        var y = table.Gather(Tensor.From([1, 7, -1], [3], Gpu));
        Assert.Equal([3, 4, float.NaN, float.NaN, float.NaN, float.NaN], y.ToArray<float>());
        y.Sum().Backward();
        Assert.Equal([0, 0, 1, 1], table.Grad!.ToArray<float>());
        Assert.Equal([float.NaN], Tensor.Zeros([1, 3], DType.F32, Gpu).CrossEntropyEach(Tensor.From([3], [1], Gpu)).ToArray<float>());
        Assert.Equal([float.PositiveInfinity], Tensor.Of([0, double.NegativeInfinity, 1], [1, 3], DType.F32, Gpu).CrossEntropyEach(Tensor.From([1], [1], Gpu)).ToArray<float>());
    }

    [Fact]
    public void Of_a_table_without_rows_nothing_is_read() =>
        Assert.All(Tensor.Zeros([0, 3], DType.F32, Gpu).Gather(Tensor.From([0], [1], Gpu)).ToArray<float>(), x => Assert.Equal(float.NaN, x));

    [Theory]
    [InlineData(1, 1, 1, false, false), InlineData(9, 17, 5, false, false), InlineData(17, 3, 11, true, false), InlineData(8, 8, 8, false, true), InlineData(5, 9, 0, true, true)]
    public void Every_rung_of_the_ladder_multiplies_matrices(int m, int n, int k, bool transposeA, bool transposeB)
    {
        using var _ = Defaults.With(DType.F32, Gpu, seed: 3);
        Tensor a = transposeA ? Tensor.Normal([2, k, m]).Transpose() : Tensor.Normal([2, m, k]), b = transposeB ? Tensor.Normal([n, k]).Transpose() : Tensor.Normal([k, n]);
        float[] expected = a.To(Device.Cpu).MatMul(b.To(Device.Cpu)).ToArray<float>();
        foreach (var rung in new Action<Tensor, Tensor, Tensor>[] { Gpu.NaiveMatMul, Gpu.TiledMatMul, (x, y, z) => Gpu.MatMul(x, y, z) })
        {
            var c = Tensor.Full([2, m, n], 9);
            rung(a, b.Expand(2, k, n), c);
            float[] actual = c.ToArray<float>();
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5f);
        }
    }

    [Fact]
    public void A_long_sum_goes_in_stages_and_stays_exact()
    {
        const int n = 3 * 16384 + 5;
        Assert.Equal(n, Tensor.Ones([n], DType.F32, Gpu).Sum().Item());
        Assert.Equal(4.0 * n, (Tensor.Ones([n, 2], DType.F32, Gpu) * 2).Sum(0).Sum().Item());
    }

    [Fact]
    public void Bits_are_the_same_on_every_run()
    {
        Assert.Equal(Results(), Results());

        float[] Results()
        {
            using var _ = Defaults.With(DType.F32, Gpu, seed: 11);
            Tensor table = Tensor.Normal([5, 6]).RequireGrad(), indices = Tensor.From([3, 1, 3, 3, 0, 1, 3], [7], Gpu);
            var y = table.Gather(indices).MatMul(Tensor.Normal([6, 9])).Softmax();
            (y * Tensor.Normal(y.Shape)).Sum().Backward();
            return [.. y.ToArray<float>(), .. table.Grad!.ToArray<float>()];
        }
    }
}
