using ILGPU;
using ILGPU.Runtime;
using NanoAttention.Kernels.Gpu;

namespace NanoAttention;

/// <summary>The lower rungs of the matmul ladder, c = a b, which are there to be compared with <see cref="MatMul"/>.</summary>
public sealed partial class GpuDevice
{
    internal void NaiveMatMul(Tensor a, Tensor b, Tensor c) =>
        Launch(Items(c.Count), Kernels.Gpu.MatMul.Naive, View(a), View(b), View(c), new MatMulShape(Product(a, b, c)));

    internal void TiledMatMul(Tensor a, Tensor b, Tensor c)
    {
        var shape = Product(a, b, c);
        if (IsSimulated) Launch(Squares(shape, 2), Kernels.Gpu.MatMul.Tiled<Side2>, View(a), View(b), View(c), new MatMulShape(shape));
        else Launch(Squares(shape, 16), Kernels.Gpu.MatMul.Tiled<Side16>, View(a), View(b), View(c), new MatMulShape(shape));
    }

    // A square group of threads for each tile of C, a number a thread.
    KernelConfig Squares(Kernels.Cpu.MatMulShape shape, int side)
    {
        int tiles = shape.Batch * ((shape.M + side - 1) / side) * ((shape.N + side - 1) / side);
        return new(new Index3D(IsSimulated ? Math.Min(tiles, 2) : tiles, 1, 1), new Index3D(side, side, 1));
    }
}
