namespace NanoAttention.Benchmarks;

/// <summary>The devices that can be timed here.</summary>
static class Machine
{
    /// <summary>The GPU, if it is a real one.</summary>
    public static Device? Gpu => null;

    /// <summary>Why no GPU is timed; null where one is.</summary>
    public static string? Skipped => Gpu is null ? "GPU: skipped, since the engine has no GPU device yet" : null;

    public static IEnumerable<Device> Devices => Gpu is { } gpu ? [Device.Cpu, gpu] : [Device.Cpu];
}
