using System.Numerics;
using NanoAttention.Kernels.Cpu;
using Xunit;
using static NanoAttention.Tests.Kernels.KernelRun;

namespace NanoAttention.Tests.Kernels;

/// <summary>
/// The three products of a convolution, in every width of registers and cut at odd places, against all windows laid out and multiplied; at
/// sizes on both sides of the blocks' edges.
/// </summary>
public class ConvTests
{
    /// <summary>What is convolved; one number of a list stands for all axes.</summary>
    public sealed record Sizes(int Batch, int Groups, int Inputs, int Outputs, int[] Image, int[] Kernel)
    {
        public int Stride { get; init; } = 1;
        public int Dilation { get; init; } = 1;
        public int Before { get; init; }
        public int After { get; init; }

        public override string ToString() =>
            $"{Batch} images of {Groups} x {Inputs} x ({string.Join(", ", Image)}), kernel ({string.Join(", ", Kernel)}), outputs {Outputs}, "
            + $"stride {Stride}, dilation {Dilation}, padding {Before}, {After}";
    }

    public static readonly TheoryData<Sizes> Cases =
    [
        new Sizes(2, 1, 3, 2, [5, 4], [3, 3]) { Before = 1, After = 1 },
        new Sizes(1, 1, 1, 1, [1], [1]),
        new Sizes(3, 1, 2, 33, [6, 7], [2, 3]),                                                                 // windows that straddle images
        new Sizes(2, 1, 4, 15, [9, 33], [3, 3]) { Before = 1, After = 1 },                                      // a row longer than a panel
        new Sizes(1, 1, 3, 5, [19, 18], [3, 2]) { Stride = 2, Before = 1, After = 2 },
        new Sizes(2, 1, 2, 3, [17, 16], [2, 3]) { Stride = 3, Dilation = 2, Before = 2, After = 1 },
        new Sizes(2, 2, 3, 4, [7, 8], [3, 3]) { Dilation = 2, Before = 2, After = 2 },
        new Sizes(2, 6, 1, 1, [8, 9], [3, 3]) { Before = 1, After = 1 },                                        // every channel by itself
        new Sizes(2, 3, 1, 1, [24, 25], [3, 3]) { Before = 1, After = 1, Stride = 2 },
        new Sizes(3, 2, 1, 1, [30, 20], [3, 2]),                                                                // more windows than are added at a time
        new Sizes(1, 3, 1, 2, [40], [5]) { Stride = 2, Before = 2 },
        new Sizes(5, 1, 70, 29, [3, 3], [3, 3]) { Before = 1, After = 1 },                                      // more numbers a window than a block has
        new Sizes(1, 1, 3, 2, [40, 41], [2, 2]),                                                                // more windows than a block has
        new Sizes(2, 1, 2, 400, [4, 3], [2, 2]),                                                                // more kernels than a block has
        new Sizes(2, 1, 45, 3, [6, 6], [3, 3]) { Before = 1, After = 1 },                                       // more rows of windows' numbers
        new Sizes(2, 1, 8, 7, [5, 5], [1, 1]),                                                                  // windows of one number
        new Sizes(2, 1, 8, 7, [5, 6], [1, 1]) { Stride = 2 },
        new Sizes(2, 1, 2, 3, [4, 5, 6], [2, 3, 2]) { Before = 1, Stride = 2 },
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Products_are_those_with_all_windows_laid_out(Sizes sizes)
    {
        Check<float>(sizes, DType.F32);
        Check<double>(sizes, DType.F64);
    }

    /// <summary>A kernel of half a million numbers, as for an echo: none of its gradients takes room for all of them times a panel's width.</summary>
    [Fact]
    public void A_kernel_may_be_as_long_as_the_image()
    {
        const int taps = 600_000;
        Tensor x = Tensor.Ones([1, 1, taps + 1], DType.F64).RequireGrad(), weight = Tensor.Ones([1, 1, taps], DType.F64);
        var dx = Reverse.Gradients(x.Conv(weight), [x], Tensor.Ones([1, 1, 2], DType.F64))[0]!.ToDoubles();
        Assert.Equal((1, 2, 2, 1), (dx[0], dx[1], dx[^2], dx[^1]));
    }

    static void Check<T>(Sizes sizes, DType type) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (batch, groups, inputs, outputs, image, kernel) = sizes;
        Shape shape = [batch, groups * inputs, .. image];
        var windows = WindowAxis.On(shape, kernel, sizes.Stride, WindowPadding.Between(sizes.Before, sizes.After), sizes.Dilation, ceil: false, "");
        var plan = new ConvPlan(windows, batch, groups, groups * inputs, groups * outputs);
        int seed = 3;
        Tensor Drawn(Shape shape) => Tensor.From(Normal<double>(shape.Count, seed++), shape, Device.Cpu).To(type).To(DType.F64).Detach().RequireGrad();
        Tensor x = Drawn(shape), weight = Drawn([groups * outputs, inputs, .. kernel]), bias = Drawn([groups * outputs]), dy = Drawn(plan.Result);

        int each = weight.Shape[1..].Count, places = plan.Shape.Places;
        var columns = Padded(x, windows).Windows(kernel, sizes.Stride, sizes.Dilation).Reshape(batch, groups, each, places);
        var y = weight.Reshape(groups, outputs, each).MatMul(columns).Reshape(plan.Result.Sizes) + bias.Reshape([-1, .. Enumerable.Repeat(1, image.Length)]);
        var gradients = Reverse.Gradients(y, [x, weight], dy);
        double tolerance = Rounding<T>() * Math.Max(10, Math.Sqrt(Math.Max(each, places * batch)));

        var s = plan.Shape;
        var offsets = View(Pinned<int>(plan.Places));
        T[] planes = Pinned<T>(plan.Spread(x.Detach().To(type))), w = Pinned<T>(weight.To(type)), g = Pinned<T>(dy.To(type));
        foreach (int blocks in (int[])[1, Math.Min(2, outputs)])
        {
            var result = Array<T>(y.Count);
            double[] expected = y.ToDoubles();
            KernelRun.Check(new Conv.Forward<T>(View(planes), offsets, View(w), each, View(Pinned<T>(bias.To(type))), View(result), s, blocks),
                Conv.Forward<T>.Items(s, blocks), result, i => expected[i], tolerance);
        }

        var turned = Pinned<T>(weight.Detach().To(type).Reshape(groups, outputs, each).Transpose().Contiguous());
        double[] dx = plan.Spread(gradients[0]!.To(type)).ToDoubles();
        foreach (int blocks in (int[])[1, Math.Max(1, Math.Min(2, inputs))])
        {
            var result = Array<T>(planes.Length);
            bool[] inside = System.Array.ConvertAll(plan.Spread(Tensor.Ones(shape, DType.F64)).ToDoubles(), one => one == 1);
            KernelRun.Check(new Conv.Transposed<T>(View(g), offsets, View(turned), outputs, View(result), s, blocks),
                Conv.Transposed<T>.Items(s, blocks), result, i => inside[i] ? dx[i] : double.CreateChecked(result[i]), tolerance);
        }

        int parts = Conv.Weights<T>.Parts(s);
        var sums = Array<T>(parts * weight.Count);
        double[] dw = gradients[1]!.Reshape(groups, outputs, each).Transpose().ToDoubles();
        KernelRun.Check(new Conv.Weights<T>(View(planes), offsets, View(g), View(sums), s), Conv.Weights<T>.Items(s), sums,
            i => parts == 1 ? dw[i] : double.CreateChecked(sums[i]), tolerance);
        for (int i = 0; i < dw.Length; i++)
            Near(dw[i], Enumerable.Range(0, parts).Sum(part => double.CreateChecked(sums[part * dw.Length + i])), tolerance, $"weight {i}");
    }

    static Tensor Padded(Tensor x, WindowAxis[] windows)
    {
        for (int i = 0; i < windows.Length; i++) x = x.Pad(i + 2, windows[i].Before, windows[i].Reached);
        return x;
    }

    static T[] Pinned<T>(Tensor x) where T : unmanaged
    {
        var numbers = KernelRun.Array<T>(x.Count);
        x.ToArray<T>().CopyTo(numbers, 0);
        return numbers;
    }
}
