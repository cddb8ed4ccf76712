using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace NanoAttention;

/// <summary>What ILGPU is asked for and may fail at: memory, the GPU for this thread, and waiting. Tests have one of their own.</summary>
class GpuDriver(Accelerator accelerator)
{
    /// <summary>A buffer of so many bytes.</summary>
    public virtual MemoryBuffer1D<byte, Stride1D.Dense> Allocate(long bytes) => accelerator.Allocate1D<byte>(bytes);

    /// <summary>A kernel's launcher: its code takes memory as well.</summary>
    public virtual L Load<L>(Func<L> load) => load();

    /// <summary>Binds the accelerator to this thread.</summary>
    public virtual void Bind()
    {
        if (Accelerator.Current != accelerator) accelerator.Bind();
    }

    /// <summary>Waits until everything launched is done; fails where some of it did.</summary>
    public virtual void Synchronize() => accelerator.Synchronize();

    /// <summary>What waits until everything is done that stands in the stream so far.</summary>
    public virtual Action Mark(AcceleratorStream stream)
    {
        var marker = stream.AddProfilingMarker();       // ILGPU's name for an event
        return () =>
        {
            marker.Synchronize();
            marker.Dispose();
        };
    }

    /// <summary>Free and total bytes of memory; only CUDA tells the free ones.</summary>
    public virtual (long? Free, long Total) Memory => ((accelerator as CudaAccelerator)?.GetFreeMemory(), accelerator.MemorySize);

    /// <summary>Whether an allocation failed for want of memory, and for nothing worse.</summary>
    public static bool IsWantOfMemory(Exception e) => e switch
    {
        CudaException cuda => cuda.Error == nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY),
        CLException cl => cl.Error is CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE or CLError.CL_OUT_OF_RESOURCES
            or CLError.CL_OUT_OF_HOST_MEMORY or CLError.CL_INVALID_BUFFER_SIZE,
        _ => e is OutOfMemoryException,
    };
}
