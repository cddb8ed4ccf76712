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

    internal override void LargestPlaces(Tensor x, Tensor windows, Tensor places)
    {
        int n = Last(x), count = windows.Shape[0], most = windows.Shape[1];
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run(new MaxPool.Places<T>(View<T>(x), View<int>(windows), View<int>(places), n, count, most), places.Count, most);
    }
}
