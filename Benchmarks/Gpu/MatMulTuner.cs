using System.Diagnostics;
using NanoAttention.Kernels.Gpu;

namespace NanoAttention.Benchmarks;

/// <summary>Finds the fastest <see cref="Tiling"/> for each size in the <see cref="MatMulTable"/>.</summary>
static class MatMulTuner
{
    const long MostProducts = 1L << 37, MostBytes = 1L << 30;

    static readonly int[] sides = [128, 64, 32], splits = [1, 2, 4, 8, 16, 32];

    /// <summary>The table as measured, with the best of several runs of each.</summary>
    public static string Measure(GpuDevice gpu)
    {
        using var _ = Defaults.With(DType.F32, gpu, seed: 1);
        return MatMulTable.Write($"Measured on {gpu.Name}, {DateTime.UtcNow:yyyy-MM-dd}.", Fastest);

        Tiling Fastest(int batch, int k, int m, int n)
        {
            bool isTooLarge = (long)batch * m * n * k > MostProducts || 4L * batch * (m * n + m * k + k * n) > MostBytes;
            if (isTooLarge && batch > 1) return Fastest(batch / 16, k, m, n);
            using var scope = Scope.Begin();
            Tensor a = Tensor.Normal([batch, m, k]), b = Tensor.Normal([batch, k, n]), c = Tensor.Zeros([batch, m, n]);
            var best = Candidates(batch, k, m, n).MinBy(tiling => Seconds(gpu, tiling, a, b, c));
            Console.WriteLine($"{batch} x {m}x{k} by {k}x{n}: {best}");
            return best;
        }
    }

    static double Seconds(GpuDevice gpu, Tiling tiling, Tensor a, Tensor b, Tensor c)
    {
        double best = double.PositiveInfinity;
        for (int round = 0, times = 1; round < 6; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < times; i++)
            {
                using var scope = Scope.Begin();
                gpu.MatMul(tiling, default(Identity), a, b, c);
            }
            gpu.Synchronize();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / times;
            if (round > 1) best = Math.Min(best, seconds);      // the first compiles, the second warms up
            times = (int)Math.Clamp(2e-3 / seconds, 1, 100);
        }
        return best;
    }

    static IEnumerable<Tiling> Candidates(int batch, int k, int m, int n) =>
        sides.SelectMany(side => splits.Select(parts => new Tiling(side, parts))).Where(tiling => tiling.Splits == 1
            || k / tiling.Splits >= 64 && (long)batch * m * n / (tiling.Side * tiling.Side) * tiling.Splits <= MatMulTable.MostTiles);

    /// <summary>The table as <see cref="Cycles"/> has it.</summary>
    public static string Estimate() => MatMulTable.Write(
        "An estimate, not measured: no GPU was at hand. For 132 multiprocessors (H100, H200), from how many tiles there are for\n" +
        "them and how much each has to multiply and to wait (MatMulTuner.Cycles in Benchmarks). `Benchmarks tune` on a machine\n" +
        "with a GPU measures instead, and writes this file anew.",
        (batch, k, m, n) => Candidates(batch, k, m, n).MinBy(tiling => Cycles(tiling, batch, k, m, n)));

    // How long a multiprocessor has to do, roughly: the groups that it is given do 128 products a cycle in all, less what a tile's loads
    // take, but none takes a step in less time than its numbers are on their way; to add up parts they are written and read once more.
    static double Cycles(Tiling tiling, int batch, int k, int m, int n)
    {
        const int multiprocessors = 132, latency = 700, launch = 6000, bytesACycle = 20;
        var (share, together, step) = tiling.Side switch { 128 => (0.85, 2, 8), 64 => (0.7, 4, 16), _ => (0.5, 12, 8) };
        double Up(double x, double y) => Math.Ceiling(x / y);
        double groups = Up(batch * Up(m, tiling.Side) * Up(n, tiling.Side) * tiling.Splits, multiprocessors), depth = Up(k, tiling.Splits);
        double products = groups * tiling.Side * tiling.Side * depth / (128 * share);
        double waits = Up(groups, together) * Up(depth, step) * latency;
        double merge = tiling.Splits == 1 ? 0 : launch + 8.0 * tiling.Splits * batch * m * n / (multiprocessors * bytesACycle);
        return Math.Max(products, waits) + merge;
    }
}
