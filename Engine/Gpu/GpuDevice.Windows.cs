using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class GpuDevice
{
    internal override void OverlapAdd(Tensor x, Tensor y, OverlapShape shape) =>
        Launch(Items(y.Count), Kernels.Gpu.OverlapAdd.Forward, View(x), View(y), shape);

    internal override void MaxPool(Tensor x, Tensor windows, Tensor y, Tensor places) =>
        Launch(Items(places.Count), Kernels.Gpu.MaxPool.Forward, View(x), View<int>(windows), View(y), View<int>(places), Last(x), windows.Shape[0],
            windows.Shape[1]);
}
