using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>How fast this machine moves memory: the limit of what reads and writes much and computes little.</summary>
static class MemorySpeed
{
    /// <summary>
    /// GB/s, read and written bytes both counted, of passes over so many bytes on the CPU device's threads, the best in 100 ms: of copying one
    /// half to the other, whose lines are fetched before they are overwritten, or of doubling one half where it is.
    /// </summary>
    public static double Measure(double bytes, bool inPlace)
    {
        using var scope = Scope.Begin();
        int count = (int)(bytes / 2 / sizeof(float)), items = (count + Block - 1) / Block;
        Tensor from = Tensor.Zeros([count], DType.F32, Device.Cpu), to = Tensor.Zeros([count], DType.F32, Device.Cpu);
        View<float> x = CpuDevice.View<float>(from), y = CpuDevice.View<float>(to);
        var workers = Device.Cpu.Workers(all: true);
        return 1e-9 * bytes / (inPlace ? Best(() => workers.Run(new Doubling(x), items, Block)) : Best(() => workers.Run(new Copying(x, y), items, Block)));
    }

    const int Block = 1 << 14;

    static double Best(Action run)
    {
        var best = TimeSpan.MaxValue;
        for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began).TotalMilliseconds < 100;)
        {
            long start = Stopwatch.GetTimestamp();
            run();
            var taken = Stopwatch.GetElapsedTime(start);
            if (taken < best) best = taken;
        }
        return best.TotalSeconds;
    }

    static Span<float> Items(View<float> x, int from, int to) => x.Span[(from * Block)..Math.Min(x.Length, to * Block)];

    readonly struct Copying(View<float> x, View<float> y) : IScalarKernel
    {
        public void Run(int from, int to) => Items(x, from, to).CopyTo(Items(y, from, to));
    }

    readonly struct Doubling(View<float> x) : IScalarKernel
    {
        public void Run(int from, int to)
        {
            foreach (ref var v in MemoryMarshal.Cast<float, Vector<float>>(Items(x, from, to))) v += v;
        }
    }
}
