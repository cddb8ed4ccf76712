using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace NanoAttention;

/// <summary>Which device runs: CUDA where there is one, else OpenCL, else ILGPU's simulator.</summary>
static class Accelerators
{
    // How many threads the simulator has: each is a thread of the processor, and a barrier waits for all of them.
    const int simulatedWarp = 4, simulatedWarps = 4;

    static Accelerators()
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, (name, _, _) => name switch
            {
                "cuda" => Load("libcuda.so.1"),
                "OpenCL" => Load("libOpenCL.so.1"),
                _ => IntPtr.Zero,
            });
        }
        catch (InvalidOperationException) { }   // ILGPU has installed its own, for WSL

        static IntPtr Load(string name) => NativeLibrary.TryLoad(name, out var library) ? library : IntPtr.Zero;
    }

    /// <summary>The best device there is, and its name with the reason for none better.</summary>
    public static (Accelerator Accelerator, string Name) Best()
    {
        var context = Context.Create(builder => Simulator(builder.Optimize(OptimizationLevel.O2).Cuda().OpenCL()));
        var failures = new List<string>();
        foreach (var device in context.GetCudaDevices())
            if (Open(device, "CUDA") is { } opened) return opened;
        foreach (var device in context.GetCLDevices())
        {
            if (!device.Capabilities.Float64) failures.Add($"{device.Name} has no 64-bit floats, which kernels' constants are");
            else if (Open(device, "OpenCL") is { } opened) return opened;
        }
        string reason = failures.Count > 0 ? string.Join("; ", failures) : "no CUDA or OpenCL 2.0 device was found";
        return (context.GetCPUDevice(0).CreateAccelerator(context), $"GPU (ILGPU simulator: {reason})");

        (Accelerator, string)? Open(ILGPU.Runtime.Device device, string kind)
        {
            try
            {
                return (device.CreateAccelerator(context), $"GPU ({device.Name}, {kind})");
            }
            catch (Exception e)
            {
                failures.Add($"{device.Name} failed: {e.Message}");
                return null;
            }
        }
    }

    static Context.Builder Simulator(Context.Builder builder) => builder.CPU(new CPUDevice(simulatedWarp, simulatedWarps, 1));
}
