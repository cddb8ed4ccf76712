using System.Numerics;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

public sealed unsafe partial class CpuDevice
{
    internal override void OverlapAdd(Tensor x, Tensor y, OverlapShape shape)
    {
        int row = shape.Size * shape.Inner;
        if (row == 0) return;
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<OverlapAdd.Forward<T>, T>(new(View<T>(x), View<T>(y), shape), y.Count / row, (double)shape.Kernel * row);
    }

    internal override void AvgPool(Tensor x, Tensor y, PoolPlan plan)
    {
        var s = plan.Shape;
        if (y.Count == 0) return;
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged, INumber<T> => Run<AvgPool.Forward<T>, T>(
            new(View<T>(x), View<int>(plan.Rows), View<int>(plan.Columns), View<T>(plan.RowCounts), View<T>(plan.ColumnCounts), View<T>(y), s),
            y.Count / s.Columns, (double)x.Count / y.Count * s.Columns + 2.0 * s.Columns);
    }

    internal override void AvgPoolBackward(Tensor dy, Tensor dx, PoolPlan plan)
    {
        var s = plan.Shape;
        if (dx.Count == 0) return;
        var (rows, columns) = plan.TurnedRound();
        if (dy.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged, INumber<T> => Run<AvgPool.Backward<T>, T>(
            new(View<T>(dy), View<int>(rows), View<int>(columns), View<T>(plan.RowCounts), View<T>(plan.ColumnCounts), View<T>(dx), s),
            dx.Count / s.Width, 2.0 * s.Width);
    }

    internal override void MaxPool(Tensor x, Tensor windows, Tensor y, Tensor places)
    {
        int n = Last(x), count = windows.Shape[0], most = windows.Shape[1];
        if (count == 0) return;
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run(new MaxPool.Forward<T>(View<T>(x), View<int>(windows), View<T>(y), View<int>(places), n, count, most), Rows(x), (double)count * most);
    }

    /// <summary>dx[…, places[…, o]] += dy[…, o], the rest 0.</summary>
    internal void MaxPoolBackward(Tensor dy, Tensor places, Tensor dx)
    {
        int n = Last(dx), count = Last(dy);
        if (dy.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged, INumber<T> =>
            Run(new MaxPool.Backward<T>(View<T>(dy), View<int>(places), View<T>(dx), n, count), Rows(dx), n + count);
    }
}
