using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

public sealed unsafe partial class CpuDevice
{
    /// <summary>y = bias + weight ∗ x</summary>
    internal Tensor Conv(Tensor x, Tensor weight, Tensor? bias, ConvPlan plan)
    {
        var s = plan.Shape;
        var y = Tensor.Empty(plan.Result, x.DType, this, "Conv");
        var planes = plan.Spread(x);
        (weight, bias) = (weight.Detach().Contiguous(), bias?.Detach().Contiguous());
        var (rows, step) = InRows(weight.View([1, s.Groups * s.Outputs, s.Depth], null, weight.Offset));
        int blocks = Kernels.Cpu.Conv.Forward<float>.RowBlocks(s, Threads), items = Kernels.Cpu.Conv.Forward<float>.Items(s, blocks);
        if (x.DType == DType.F32) Go<float>(); else Go<double>();
        return y;

        void Go<T>() where T : unmanaged => Run<Conv.Forward<T>, T>(
            new(View<T>(planes), View<int>(plan.Places), View<T>(rows), step, Optional<T>(bias), View<T>(y), s, blocks), items, Cost(s, items));
    }

    /// <summary>The transpose of <see cref="Conv"/> in x, without a bias.</summary>
    internal Tensor ConvTranspose(Tensor y, Tensor weight, ConvPlan plan)
    {
        var s = plan.Shape;
        (y, weight) = (y.Detach().Contiguous(), weight.Detach().Contiguous());
        var planes = plan.Planes(y);
        var (rows, step) = InRows(weight.View([s.Groups, s.Depth, s.Outputs], [s.Outputs * s.Depth, 1, s.Depth], weight.Offset));
        int blocks = Kernels.Cpu.Conv.Transposed<float>.ChannelBlocks(s, Threads), items = Kernels.Cpu.Conv.Transposed<float>.Items(s, blocks);
        if (y.DType == DType.F32) Go<float>(); else Go<double>();
        return plan.Collect(planes);

        void Go<T>() where T : unmanaged => Run<Conv.Transposed<T>, T>(
            new(View<T>(y), View<int>(plan.Places), View<T>(rows), step, View<T>(planes), s, blocks), items, Cost(s, items));
    }

    /// <summary>The gradient of <see cref="Conv"/> in its weight, for the gradient y of its result.</summary>
    internal Tensor ConvWeights(Tensor x, Tensor y, ConvPlan plan)
    {
        var s = plan.Shape;
        y = y.Detach().Contiguous();
        var planes = plan.Spread(x);
        int parts = Kernels.Cpu.Conv.Weights<float>.Parts(s), items = Kernels.Cpu.Conv.Weights<float>.Items(s), each = s.Groups * s.Depth * s.Outputs;
        Tensor partial = Tensor.Empty([parts, s.Groups, s.Depth, s.Outputs], y.DType, this, "Conv"), sums = partial;
        if (y.DType == DType.F32) Go<float>(); else Go<double>();
        if (parts > 1) Reduce(default(Sum), partial, sums = Tensor.Empty([s.Groups, s.Depth, s.Outputs], y.DType, this, "Conv"), parts, each);
        var weight = Tensor.Empty(plan.Weight, y.DType, this, "Conv");
        Copy(sums.View([s.Groups, s.Outputs, s.Depth], [s.Depth * s.Outputs, 1, s.Outputs], 0), weight.View([s.Groups, s.Outputs, s.Depth], null, 0));
        return weight;

        void Go<T>() where T : unmanaged => Run<Conv.Weights<T>, T>(
            new(View<T>(planes), View<int>(plan.Places), View<T>(y), View<T>(partial), s), items, Cost(s, items));
    }

    static double Cost(ConvShape s, int items) => (double)s.Groups * s.Outputs * s.Depth * s.Columns / Math.Max(1, items) / 8;

    // Matrices (n, rows, columns) with neighbours along rows, and rows that lie no power of two apart, which would crowd them into one set of
    // the cache; and how far they lie apart.
    (Tensor, int) InRows(Tensor x)
    {
        int columns = x.Shape[2], step = columns * x.DType.Size % 4096 == 0 ? columns + 16 : columns;
        if (step == columns && x.IsContiguous) return (x, step);
        var y = Tensor.Empty([x.Shape[0], x.Shape[1], step], x.DType, this, "Conv");
        Copy(x, y.View(x.Shape, step == columns ? null : [x.Shape[1] * step, step, 1], 0));
        return (y, step);
    }
}
