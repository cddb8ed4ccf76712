using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

public sealed unsafe partial class CpuDevice
{
    internal override void OverlapAdd(Tensor x, Tensor y, OverlapShape shape)
    {
        int row = shape.Size * shape.Inner;
        if (row == 0) return;
        if (x.DType == DType.F32) Run<OverlapAdd.Forward<float>, float>(new(View<float>(x), View<float>(y), shape), y.Count / row, shape.Kernel * row);
        else Run<OverlapAdd.Forward<double>, double>(new(View<double>(x), View<double>(y), shape), y.Count / row, shape.Kernel * row);
    }

    internal override void LargestPlaces(Tensor x, Tensor windows, Tensor places)
    {
        int n = Last(x), count = windows.Shape[0], most = windows.Shape[1];
        if (x.DType == DType.F32) Run(new MaxPool.Places<float>(View<float>(x), View<int>(windows), View<int>(places), n, count, most), places.Count, most);
        else Run(new MaxPool.Places<double>(View<double>(x), View<int>(windows), View<int>(places), n, count, most), places.Count, most);
    }
}
