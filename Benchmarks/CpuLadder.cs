using NanoAttention.Kernels.Cpu;

namespace NanoAttention.Benchmarks;

/// <summary>The three matmul kernels of the processor: on all threads, and the last of them on one too.</summary>
static class CpuLadder
{
    public static IEnumerable<Rung> Rungs
    {
        get
        {
            int all = Device.Cpu.Threads;
            yield return new("naive", Device.Cpu, all, 512, (a, b, c) => Naive(a, b, c, true));
            yield return new("tiled", Device.Cpu, all, 1024, (a, b, c) => Tiled(a, b, c, true));
            yield return new("registers", Device.Cpu, all, 1024, (a, b, c) => Packed(a, b, c, true));
            if (all > 1) yield return new("registers", Device.Cpu, 1, 1024, (a, b, c) => Packed(a, b, c, false));
        }
    }

    static Action Naive(Tensor a, Tensor b, Tensor c, bool all)
    {
        var (workers, shape) = (Device.Cpu.Workers(all), Square(c.Shape[0]));
        int items = MatMul.Naive<float>.Items(shape);
        return () => workers.Run<MatMul.Naive<float>, float>(new(View(a), View(b), View(c), shape, false), items, Cost(shape, items));
    }

    static Action Tiled(Tensor a, Tensor b, Tensor c, bool all)
    {
        var (workers, shape) = (Device.Cpu.Workers(all), Square(c.Shape[0]));
        int items = MatMul.Tiled<float>.Items(shape);
        return () => workers.Run<MatMul.Tiled<float>, float>(new(View(a), View(b), View(c), shape, false), items, Cost(shape, items));
    }

    static Action Packed(Tensor a, Tensor b, Tensor c, bool all)
    {
        var (workers, shape) = (Device.Cpu.Workers(all), Square(c.Shape[0]));
        int items = MatMul.Packed<float>.Items(shape, workers.Threads);
        return () => workers.Run<MatMul.Packed<float>, float>(new(View(a), View(b), View(c), shape, default, 0, workers.Threads), items,
            Cost(shape, items));
    }

    static MatMulShape Square(int n) => new(1, n, n, n, n, 1, n, 1, n);

    static View<float> View(Tensor x) => CpuDevice.View<float>(x);

    static double Cost(MatMulShape s, int items) => (double)s.M * s.N * s.K / items;
}
