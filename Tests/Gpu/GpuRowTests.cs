using Xunit;

namespace NanoAttention.Tests;

/// <summary>What the cases are too small for: rows of several shares, folds of several blocks, places that are no multiple of 16 bytes.</summary>
[Trait("Category", "Gpu")]
public class GpuRowTests
{
    public static TheoryData<int> Sizes => [1, 3, 16, 63, 64, 65, 150];     // a share of the simulator's groups of four is 64 numbers

    [Theory, MemberData(nameof(Sizes))]
    public void Rows_of_any_length_are_the_CPUs(int n)
    {
        Compare(x => x.Softmax(), [3, n]);
        Compare(x => x.LogSoftmax(), [3, n]);
        Compare(x => x.LayerNorm(Tensor.Normal([n]), Tensor.Normal([n])), [70, n]);
        Compare(x => x.CrossEntropy(Tensor.From([0, -100, n - 1], [3]), ignoreIndex: -100, labelSmoothing: 0.1), [3, n]);
        Compare(x => x.Sum(0) + x.Sum(1).Sum() + x.Prod(1).Sum(), [n, 3]);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Infinities_and_NaN_spoil_the_same_rows_as_on_the_CPU(int n)
    {
        double[] odd = [double.NegativeInfinity, double.PositiveInfinity, double.NaN];
        foreach (var place in new[] { 0, n / 2, n - 1 })
            foreach (var v in odd)
            {
                double[] row = [.. Enumerable.Range(0, n).Select(i => i == place ? v : i % 7)], all = [.. Enumerable.Repeat(v, n)];
                var rows = new double[][] { row, all };
                foreach (var f in (Func<Tensor, Tensor>[])[x => x.Softmax(), x => x.LogSoftmax()])
                    Assert.Equal(On(Device.Cpu, f), On(Device.Gpu, f), (a, b) => a.Equals(b) || Math.Abs(a - b) < 1e-5);

                double[] On(Device device, Func<Tensor, Tensor> f) => f(Tensor.Of([.. rows.SelectMany(r => r)], [2, n], DType.F32, device)).ToDoubles();
            }
    }

    [Fact]
    public void Folds_of_folds_are_the_CPUs()
    {
        Compare(x => x.Sum(0), [5000, 3]);         // 79 blocks of columns, which are two
        Compare(x => x.Max(0), [200, 3]);
        Compare(x => x.Sum(), [17000]);
    }

    [Theory, InlineData(5), InlineData(300), InlineData(70000)]
    public void Rows_taken_many_times_get_all_their_gradients(int rows)
    {
        int[] indices = [.. Enumerable.Range(0, 300).Select(i => i < 120 ? rows - 1 : i * 7919 % rows)];     // a run of several segments
        Compare(x => x.Gather(Tensor.From(indices, [indices.Length])), [rows, 3]);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(4)]
    public void Numbers_that_begin_anywhere_are_the_CPUs(int from)
    {
        Compare(x => x.Slice(0, from, 29).Gelu(), [40]);
        Compare(x => x.Slice(0, from, 29) * x.Slice(0, 4, 29), [40]);
        Compare(x => x.Slice(0, from, 29) / (x.Slice(0, 3, 1) + 5), [40]);
    }

    [Fact]
    public void Many_tensors_are_stepped_and_clipped_at_once_as_on_the_CPU()
    {
        double[][] cpu = Train(Device.Cpu), gpu = Train(Device.Gpu);
        for (int i = 0; i < cpu.Length; i++) Assert.Equal(cpu[i], gpu[i], (a, b) => Math.Abs(a - b) < 1e-5);

        static double[][] Train(Device device)
        {
            using var _ = Defaults.With(DType.F32, device, seed: 3);
            int[] sizes = [1, 5000, 0, 4096, 7];        // a block is 4096
            Tensor[] parameters = [.. sizes.Select(n => Tensor.Normal([n]).RequireGrad())];
            var optimizer = new AdamW([new ParameterGroup(parameters[..2]) { Decay = 0 }, new ParameterGroup(parameters[2..])], 0.01);
            var norms = new List<double>();
            for (int i = 0; i < 3; i++)
            {
                optimizer.ZeroGrad();
                parameters.Select(p => (p * p * p).Sum()).Aggregate((a, b) => a + b).Backward();
                norms.Add(GradientClipping.Norm(parameters, i == 0 ? 1e9 : 1).Item() / 1e3);
                optimizer.Step();
            }
            return [.. parameters.Select(p => p.Detach().ToDoubles()), [.. norms]];
        }
    }

    // the result and the gradient of its product with random numbers
    static void Compare(Func<Tensor, Tensor> f, Shape shape)
    {
        double[][] cpu = On(Device.Cpu), gpu = On(Device.Gpu);
        for (int i = 0; i < cpu.Length; i++)
        {
            double scale = Math.Max(1, cpu[i].Select(Math.Abs).DefaultIfEmpty().Max());
            Assert.Equal(cpu[i], gpu[i], (a, b) => Math.Abs(a - b) <= 2e-5 * scale);
        }

        double[][] On(Device device)
        {
            using var _ = Defaults.With(DType.F32, device, seed: 5);
            var x = Tensor.Normal(shape).RequireGrad();
            var y = f(x);
            (y * Tensor.Normal(y.Shape)).Sum().Backward();
            return [y.Detach().ToDoubles(), x.Grad!.ToDoubles()];
        }
    }
}
