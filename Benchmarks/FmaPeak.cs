using System.Diagnostics;
using System.Runtime.Intrinsics;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention.Benchmarks;

/// <summary>
/// The most multiply-adds that the processor can do: registers full of numbers, each multiplied and added to without end, and no memory.
/// A matmul's speed is told as a fraction of it.
/// </summary>
static class FmaPeak
{
    const int Items = 64, Runs = 1000;

    /// <summary>
    /// GFLOP/s on one thread or on all, of 1,000 runs of a millisecond or so: the best is the processor's, since whatever disturbs a run
    /// makes it slower; the mean says how much of it others leave to work that takes longer.
    /// </summary>
    public static (double Best, double Mean) Measure(bool all)
    {
        using var scope = Scope.Begin();
        var workers = Device.Cpu.Workers(all);
        var results = Tensor.Zeros([Items], DType.F32, Device.Cpu);
        TimeSpan best = TimeSpan.MaxValue, sum = TimeSpan.Zero;
        for (int run = 0; run < Runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            workers.Run<Loop, float>(new(CpuDevice.View<float>(results)), Items, Loop.Rounds * Loop.Sums);
            var taken = Stopwatch.GetElapsedTime(start);
            sum += taken;
            if (taken < best) best = taken;
        }
        int lanes = Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;
        double work = 2e-9 * Items * Loop.Rounds * Loop.Sums * lanes;
        return (work / best.TotalSeconds, work / (sum / Runs).TotalSeconds);
    }

    /// <summary>
    /// Twelve independent sums: a multiply-add takes four or five cycles, and a core begins two a cycle, so that ten are under way.
    /// </summary>
    readonly struct Loop(View<float> results) : IKernel<float>
    {
        public const int Rounds = 1 << 13, Sums = 12;

        public void Run<V>(int from, int to) where V : struct, ISimd<V, float>
        {
            for (int item = from; item < to; item++) results[item] = V.Sum(Item<V>());
        }

        // s ← s/2 + 1, which tends to 2
        static V Item<V>() where V : struct, ISimd<V, float>
        {
            V half = V.Of(0.5), one = V.Of(1);
            V s0 = V.Of(0), s1 = V.Of(1), s2 = V.Of(2), s3 = V.Of(3), s4 = V.Of(4), s5 = V.Of(5);
            V s6 = V.Of(6), s7 = V.Of(7), s8 = V.Of(8), s9 = V.Of(9), s10 = V.Of(10), s11 = V.Of(11);
            for (int round = 0; round < Rounds; round++)
            {
                s0 = V.MulAdd(s0, half, one);
                s1 = V.MulAdd(s1, half, one);
                s2 = V.MulAdd(s2, half, one);
                s3 = V.MulAdd(s3, half, one);
                s4 = V.MulAdd(s4, half, one);
                s5 = V.MulAdd(s5, half, one);
                s6 = V.MulAdd(s6, half, one);
                s7 = V.MulAdd(s7, half, one);
                s8 = V.MulAdd(s8, half, one);
                s9 = V.MulAdd(s9, half, one);
                s10 = V.MulAdd(s10, half, one);
                s11 = V.MulAdd(s11, half, one);
            }
            return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11;
        }
    }
}
