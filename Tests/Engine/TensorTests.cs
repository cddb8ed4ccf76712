using NanoAttention.Kernels;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>What a tensor refuses, and what must not be silently wrong.</summary>
public class TensorTests
{
    static Tensor F64(params double[] values) => Tensor.Of(values, [values.Length], DType.F64);

    [Theory]
    [InlineData(3)]
    [InlineData(-4)]
    [InlineData(-5)]
    public void An_index_outside_the_axis_is_refused(int index)
    {
        var x = F64(1, 2, 3);
        Assert.Contains("axis 0 of (3) has no index", Assert.Throws<ArgumentOutOfRangeException>(() => x[index]).Message);
    }

    [Fact]
    public void Integers_are_not_compared_with_a_rounded_fraction()
    {
        var x = Tensor.From<int>([1, 2, 3], [3]);
        Assert.Throws<ArgumentException>(() => x < 2.5);
        Assert.Throws<ArgumentException>(() => x.NotEqualTo(2.5));
        Assert.Equal([true, true, false], (x < 3).ToArray<bool>());
        Assert.Equal([true, true, true], (x > int.MinValue).ToArray<bool>());
    }

    [Fact]
    public void A_tensor_is_named_after_what_its_user_called()
    {
        var made = new List<(string Name, Tensor X)>();
        using (Scope.Begin())
            made.AddRange([("Of", Tensor.Of(1, 2)), ("From", Tensor.From([1, 2], [2])), ("Scalar", Tensor.Scalar(1)), ("Zeros", Tensor.Zeros([2])), ("Ones", Tensor.Ones([2])),
                ("Full", Tensor.Full([2], 3)), ("Arange", Tensor.Arange(2)), ("Eye", Tensor.Eye(2)), ("CausalMask", Tensor.CausalMask(2, 2))]);
        foreach (var (name, x) in made) Assert.Contains($"the result of {name} ", Assert.Throws<ObjectDisposedException>(x.ToDoubles).Message);
    }

    [Fact]
    public void A_program_without_a_GPU_says_why() =>
#if GPU
        Assert.Null(Device.WhyNoGpu);
#elif NO_GPU
        Assert.Equal("built without ILGPU, as -p:Gpu=false asked", Device.WhyNoGpu);
#else
        Assert.Contains("NuGet", Device.WhyNoGpu);
#endif

    [Fact]
    public void The_logarithm_of_a_sum_of_nothing_has_no_slope()
    {
        double none = double.NegativeInfinity;
        var x = Tensor.Of([none, none, 1, none, 2, 3], [3, 2], DType.F64).RequireGrad();
        var y = x.LogSumExp(1);
        Assert.Equal(none, y.ToDoubles()[0]);
        var slope = Reverse.Gradients(y, [x], Tensor.Of([2, 3, 4], [3], DType.F64), createGraph: true)[0]!;
        Assert.Equal([0, 0, 3, 0], slope.ToDoubles()[..4]);
        Assert.Equal([0, 0, 0, 0], Reverse.Gradients((slope * slope).Sum(), [x])[0]!.ToDoubles()[..4], (a, b) => Math.Abs(a - b) < 1e-15);
    }

    [Fact]
    public void Draws_one_after_the_other_share_no_number()
    {
        using var _ = Defaults.With(DType.F64);
        foreach (var draw in new Func<Tensor>[] { () => Tensor.Uniform([1]), () => Tensor.Normal([2]), () => Tensor.Normal([3]), () => Tensor.Uniform([2]), () => Tensor.Normal([1]), () => Tensor.Ones([3]).Dropout(0.5), () => Tensor.Normal([4]) })
        {
            ulong before = Defaults.Generator.Position;
            double[] values = draw().ToArray<double>();
            for (ulong k = before; k < Defaults.Generator.Position; k++)
                if (Array.Exists(values, v => v == Philox.Normal(0, k)))
                {
                    // a normal number is made of both uniform ones of its pair
                    Assert.InRange(k & ~1UL, before, k);
                    Assert.InRange(k | 1, k, Defaults.Generator.Position - 1);
                }
        }
        Defaults.Seed = 0;
        Assert.Equal([Philox.Normal(0, 0), Philox.Normal(0, 1), Philox.Normal(0, 2), Philox.Normal(0, 3)], (double[])[.. Tensor.Normal([2]).ToArray<double>(), .. Tensor.Normal([2]).ToArray<double>()]);
    }

    [Fact]
    public void More_than_two_gibibytes_are_refused_with_their_size() =>
        Assert.Contains("3,600,000,000 bytes", Assert.Throws<ArgumentException>(() => Tensor.Zeros([30_000, 30_000], DType.F32)).Message);

    [Fact]
    public void Checking_a_view_checks_its_own_numbers_only()
    {
        var matrix = Tensor.Uniform([3, 4], dtype: DType.F64);
        var row = matrix.Select(0, 1).RequireGrad();
        double[] before = matrix.ToArray<double>();
        var report = GradCheck.Run(() => row * row, row);
        Assert.True(report.Passed, report.ToString());
        Assert.True(((IVariable<Tensor>)row).Elements.Length == 4);
        Assert.Equal(before, matrix.ToArray<double>());
    }

    [Fact]
    public void A_gradient_that_was_read_and_then_summed_into_is_named()
    {
        Tensor w = F64(2).RequireGrad(), x = F64(3).RequireGrad();
        (w * w).Sum().Backward();
        var y = (x * w.Grad! + w * 7).Sum();
        (w * 5).Sum().Backward();                   // adds into w.Grad, which y's pullback reads
        Assert.Contains("changed in place", Assert.Throws<InvalidOperationException>(() => y.Backward()).Message);
    }

    [Fact]
    public void A_transposed_copy_of_itself_is_right()
    {
        var x = Tensor.Of([1, 2, 3, 4], [2, 2], DType.F64);
        x.CopyFrom(x.Transpose());
        Assert.Equal([1, 3, 2, 4], x.ToArray<double>());
    }

    [Fact]
    public void A_shape_is_spread_and_matched_axis_by_axis()
    {
        Shape shape = [2, 3], longer = [5, .. shape, 7], same = [.. shape[..1], .. shape[1..]];
        Assert.Equal([5, 2, 3, 7], longer.Sizes.ToArray());
        Assert.Equal(shape, same);
        Assert.True(shape is [2, var n] && n == 3);
        Assert.False(shape is [_, _, _, _, _, _]);
    }

    [Fact]
    public void What_a_kernel_reads_is_not_collected_under_it()
    {
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                for (int i = 0; i < 20; i++) GC.AllocateUninitializedArray<byte>(1 << 17, pinned: true).AsSpan().Fill(0x42);
            }
        });
        collector.Start();
        try
        {
            using var _ = Defaults.With(seed: 1);
            var x = Tensor.Uniform([100, 300], dtype: DType.F64).RequireGrad();
            double[] expected = [.. x.ToArray<double>().Select(v => 2 * (1 - Math.Pow(Math.Tanh(v), 2)))];
            for (int i = 0; i < 40; i++)
            {
                x.Grad = null;
                (x.Tanh() * 2 + 1).Sum().Backward();
                double[] slopes = x.Grad!.ToArray<double>();
                Assert.InRange(expected.Zip(slopes, (a, b) => Math.Abs(a - b)).Max(), 0, 1e-12);
            }
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }
    }
}
