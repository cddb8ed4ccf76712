namespace NanoAttention;

/// <summary>A device of this machine, or a way to one that is not open, as <c>device list</c> shows it.</summary>
/// <param name="Id">What <see cref="Device.Of"/> takes: <c>cpu</c>, <c>gpu:0</c>, …; null for one that cannot be used.</param>
/// <param name="Api">How it is reached: CUDA, OpenCL.</param>
/// <param name="Memory">In bytes; 0 where it is not known.</param>
/// <param name="Driver">The driver's version.</param>
/// <param name="Capability">CUDA's compute capability, or the version of OpenCL.</param>
/// <param name="Multiprocessors">How many (OpenCL's compute units); 0 where it is not known.</param>
/// <param name="WhyNot">Why it cannot be used; null where it can.</param>
public sealed record DeviceInfo(
    string? Id, string Name, string Api = "", long Memory = 0, string Driver = "", string Capability = "", int Multiprocessors = 0,
    string? WhyNot = null)
{
    /// <summary>The CPU; what ILGPU sees, the best first, its simulator last; and what it does not see, with the reason.</summary>
    public static IReadOnlyList<DeviceInfo> All
    {
        get
        {
            DeviceInfo cpu = new("cpu", Device.Cpu.Name, Memory: GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
#if GPU
            return [cpu, .. Accelerators.All.Select(found => found.Info)];
#else
            return [cpu, new(null, "GPU", WhyNot: Device.WhyNoGpu)];
#endif
        }
    }
}
