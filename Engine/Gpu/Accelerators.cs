using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace NanoAttention;

/// <summary>Which accelerators there are: CUDA's, then OpenCL's, then ILGPU's simulator; and why there are no others.</summary>
static unsafe partial class Accelerators
{
    // How many threads the simulator has: each is a thread of the processor, and a barrier waits for all of them.
    const int simulatedWarp = 4, simulatedWarps = 4;

    static readonly string cudaLibrary = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
    static readonly string clLibrary = OperatingSystem.IsWindows() ? "OpenCL.dll" : "libOpenCL.so.1";

    const string wslLibrary = "/usr/lib/wsl/lib/libcuda.so.1";

    static readonly List<string> failures = [];     // of those that did not open

    static Accelerators()
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, (name, _, _) => name switch
            {
                "cuda" => Load(cudaLibrary, wslLibrary),
                "OpenCL" => Load(clLibrary),
                _ => 0,
            });
        }
        catch (InvalidOperationException) { }       // whoever else uses ILGPU here has installed one
        All = Find();
    }

    // ILGPU asks for names without a version, which only development packages have.
    static nint Load(params string[] names)
    {
        nint library = 0;
        _ = names.Any(name => NativeLibrary.TryLoad(name, out library));
        return library;
    }

    /// <summary>What <c>device list</c> shows: first what can be used, the simulator last of it, with what opens it.</summary>
    public static IReadOnlyList<(DeviceInfo Info, Lazy<GpuDevice>? Device)> All { get; }

    /// <summary>The first that opens.</summary>
    public static GpuDevice Best => best.Value;

    static readonly Lazy<GpuDevice> best = new(() => All!.Select(found => Opened(found.Device)).First(device => device is not null)!);

    /// <summary>The one that <c>device list</c> calls gpu:index; null where there is none.</summary>
    public static GpuDevice? Numbered(int index) => All.FirstOrDefault(found => found.Info.Id == $"gpu:{index}").Device?.Value;

    static GpuDevice? Opened(Lazy<GpuDevice>? device)
    {
        try
        {
            return device?.Value;
        }
        catch (NotSupportedException e)
        {
            failures.Add(e.Message);
            return null;
        }
    }

    // An accelerator in a context of its own, so that what goes wrong in one troubles no other.
    static Lazy<GpuDevice> Lazily(DeviceInfo info, ILGPU.Runtime.Device device) => new(() =>
    {
        try
        {
            var context = Context.Create(builder => builder.Optimize(OptimizationLevel.O2).Profiling().CPU(Simulator()));
            if (device is not CPUDevice) return new(device.CreateAccelerator(context), $"GPU ({info.Name}, {info.Api})");
            string[] why = [.. failures, .. All.Where(f => f.Device is null).Select(f => $"{f.Info.Name}: {f.Info.WhyNot}")];
            string because = why.Length > 0 ? string.Join("; ", why) : "as asked for";
            return new(context.GetCPUDevice(0).CreateAccelerator(context), $"GPU (ILGPU simulator: {because})");
        }
        catch (Exception e)
        {
            throw new NotSupportedException($"{info.Id} ({info.Name}, {info.Api}) does not open: {e.GetBaseException().Message}", e);
        }
    });

    static CPUDevice Simulator() => new(simulatedWarp, simulatedWarps, 1);

    static (DeviceInfo, Lazy<GpuDevice>?)[] Find()
    {
        CudaDevice[] cuda = [.. CudaDevice.GetDevices(_ => true).Cast<CudaDevice>()];
        CLDevice[] openCL = [.. CLDevice.GetDevices(_ => true).Cast<CLDevice>()];
        (DeviceInfo Info, ILGPU.Runtime.Device Device)[] found =
        [
            .. cuda.Select(device => (Of(device), (ILGPU.Runtime.Device)device)),
            .. openCL.Select(device => (Of(device), (ILGPU.Runtime.Device)device)),
            (new(null, "ILGPU's simulator: the processor, slowly"), Simulator()),
        ];
        var usable = found.Where(f => f.Info.WhyNot is null).Select((f, i) => (Info: f.Info with { Id = $"gpu:{i}" }, f.Device));
        return
        [
            .. usable.Select(f => (f.Info, (Lazy<GpuDevice>?)Lazily(f.Info, f.Device))),
            .. found.Where(f => f.Info.WhyNot is not null).Select(f => (f.Info, (Lazy<GpuDevice>?)null)),
            .. cuda.Length > 0 ? [] : Missing("CUDA", WhyNoCuda()),
            .. openCL.Length > 0 ? [] : Missing("OpenCL", WhyNoOpenCL()),
        ];

        static (DeviceInfo, Lazy<GpuDevice>?)[] Missing(string api, string why) => [(new(null, api, WhyNot: why), null)];
    }

    static DeviceInfo Of(CudaDevice device)
    {
        var (driver, architecture) = (device.DriverVersion, device.Architecture!.Value);
        CudaAccelerator.TryGetInstructionSet(architecture, driver, out var least, out _);
        const string told = "/proc/driver/nvidia/version";
        string module = File.Exists(told) ? Version().Match(File.ReadAllText(told)).Value : "";
        return new(null, device.Name, "CUDA", device.MemorySize, $"{module} CUDA {driver.Major}.{driver.Minor}".Trim(),
            $"{architecture.Major}.{architecture.Minor}", device.NumMultiprocessors,
            device.InstructionSet is null ? $"its driver is too old: it knows CUDA {driver.Major}.{driver.Minor}, "
                + $"and compute capability {architecture.Major}.{architecture.Minor} takes {least.Major}.{least.Minor} at least" : null);
    }

    static DeviceInfo Of(CLDevice device)
    {
        string driver = CLAPI.CurrentAPI.GetDeviceInfo(device.DeviceId, CLDeviceInfoType.CL_DRIVER_VERSION);
        string version = $"{device.DeviceVersion.Major}.{device.DeviceVersion.Minor}";
        return new(null, device.Name, "OpenCL", device.MemorySize, driver, version, device.NumMultiprocessors,
            device.DeviceVersion.Major < 2 ? $"it has OpenCL {version}, and kernels take 2.0"
            : !device.Capabilities.GenericAddressSpace ? "its OpenCL has no generic address space, in which kernels' pointers are"
            : !device.Capabilities.Float64 ? "it has no 64-bit floats, which kernels' constants are"
            : null);
    }

    static string WhyNoCuda()
    {
        nint library = Load(cudaLibrary, wslLibrary);
        if (library == 0) return $"no NVIDIA driver ({cudaLibrary} was not found)";
        if (!NativeLibrary.TryGetExport(library, "cuInit", out nint init)
            || !NativeLibrary.TryGetExport(library, "cuDeviceGetCount", out nint counted))
            return "the driver's library is none that ILGPU can use";
        int count = 0;
        var error = (CudaError)((delegate* unmanaged<uint, int>)init)(0);
        if (error == CudaError.CUDA_SUCCESS) error = (CudaError)((delegate* unmanaged<int*, int>)counted)(&count);
        return error != CudaError.CUDA_SUCCESS ? $"the driver answers {error}"
            : count == 0 ? "the driver sees no device" : $"ILGPU can describe none of the {count} that the driver sees";
    }

    static string WhyNoOpenCL() =>
        Load(clLibrary) == 0 ? $"no drivers ({clLibrary} was not found)"
        : !CLAPI.CurrentAPI.IsSupported ? "no driver is installed for any device" : "the drivers see no device";

    [GeneratedRegex(@"\d+\.\d+(\.\d+)?")]
    private static partial Regex Version();
}
