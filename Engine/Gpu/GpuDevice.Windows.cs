using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class GpuDevice
{
    internal override void OverlapAdd(Tensor x, Tensor y, OverlapShape shape) =>
        Launch(Items(y.Count), Kernels.Gpu.OverlapAdd.Forward, View(x), View(y), shape);

    internal override void AvgPool(Tensor x, Tensor y, PoolPlan plan) =>
        Launch(Items(y.Count), Kernels.Gpu.AvgPool.Forward, View(x), View<int>(plan.Rows), View<int>(plan.Columns), View(plan.RowCounts),
            View(plan.ColumnCounts), View(y), plan.Shape);

    internal override void AvgPoolBackward(Tensor dy, Tensor dx, PoolPlan plan)
    {
        var (rows, columns) = plan.TurnedRound();
        Launch(Items(dx.Count), Kernels.Gpu.AvgPool.Backward, View(dy), View<int>(rows), View<int>(columns), View(plan.RowCounts),
            View(plan.ColumnCounts), View(dx), plan.Shape);
    }

    internal override void MaxPool(Tensor x, Tensor windows, Tensor y, Tensor places) =>
        Launch(Items(places.Count), Kernels.Gpu.MaxPool.Forward, View(x), View<int>(windows), View(y), View<int>(places), Last(x), windows.Shape[0],
            windows.Shape[1]);
}
