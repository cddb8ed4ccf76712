namespace NanoAttention.Benchmarks;

/// <summary>The devices that can be timed here.</summary>
static class Machine
{
    /// <summary>The GPU, if it is a real one.</summary>
    public static Device? Gpu { get; } = Device.WhyNoGpu is null && !Device.Gpu.IsSimulated ? Device.Gpu : null;

    /// <summary>Why no GPU is timed; null where one is.</summary>
    public static string? Skipped { get; } =
        Device.WhyNoGpu is { } why ? $"skipped: GPU ({why})"
        : Device.Gpu.IsSimulated ? $"skipped: {Device.Gpu.Name}; a simulator's times mean nothing"
        : null;

    public static IEnumerable<Device> Devices => Gpu is { } gpu ? [Device.Cpu, gpu] : [Device.Cpu];

    /// <summary>The matmul kernels of every device.</summary>
#if GPU
    public static IEnumerable<Rung> Rungs => Gpu is GpuDevice gpu ? [.. CpuLadder.Rungs, .. GpuLadder.Rungs(gpu)] : CpuLadder.Rungs;
#else
    public static IEnumerable<Rung> Rungs => CpuLadder.Rungs;
#endif
}
