using System.Runtime.InteropServices;

namespace NanoAttention.Benchmarks;

/// <summary>
/// The matmul kernels of the GPU over numbers that are there, and the third of them with its operands' way there and its result's way back.
/// </summary>
static class GpuLadder
{
    const int Most = 2048;

    public static IEnumerable<Rung> Rungs(GpuDevice gpu) =>
    [
        new("naive", gpu, 0, Most, (a, b, c) => Waiting(gpu, () => gpu.NaiveMatMul(a, b, c))),
        new("tiled", gpu, 0, Most, (a, b, c) => Waiting(gpu, () => gpu.TiledMatMul(a, b, c))),
        new("registers", gpu, 0, Most, (a, b, c) => Waiting(gpu, () => gpu.MatMul(a, b, c))),
        new("tensor cores, TF32", gpu, 0, Most, (a, b, c) => Waiting(gpu, () => Rounded(gpu, a, b, c)))
        {
            Precision = MatMulPrecision.TensorFloat32,
        },
        new("registers and transfers", gpu, 0, Most, (a, b, c) => WithTransfers(gpu, a, b, c)),
    ];

    static void Rounded(GpuDevice gpu, Tensor a, Tensor b, Tensor c)
    {
        using var _ = Defaults.With(precision: MatMulPrecision.TensorFloat32);
        gpu.MatMul(a, b, c);
    }

    static Action Waiting(GpuDevice gpu, Action launch) => () =>
    {
        launch();
        gpu.Synchronize();
    };

    static Action WithTransfers(GpuDevice gpu, Tensor a, Tensor b, Tensor c)
    {
        float[] left = a.ToArray<float>(), right = b.ToArray<float>(), result = new float[c.Count];
        return () =>
        {
            gpu.Upload(MemoryMarshal.AsBytes(left.AsSpan()), a);
            gpu.Upload(MemoryMarshal.AsBytes(right.AsSpan()), b);
            gpu.MatMul(a, b, c);
            gpu.Download(c, MemoryMarshal.AsBytes(result.AsSpan()));
        };
    }
}
