using System.Collections.Concurrent;
using ILGPU;
using ILGPU.Runtime;

namespace NanoAttention;

/// <summary>
/// Memory on the GPU. It belongs to the device for good, which hands it out and takes it back. When the tensor that holds it is
/// collected, the finaliser leaves it in a queue for the device to find: the GPU is touched by those who compute alone.
/// </summary>
sealed class GpuBuffer(MemoryBuffer1D<byte, Stride1D.Dense> memory, int size, ConcurrentQueue<GpuBuffer> abandoned)
{
    /// <summary>The power of two that its bytes are.</summary>
    public int Size => size;

    /// <summary>Whether a tensor holds it.</summary>
    public bool InUse { get; set; }

    public ArrayView<byte> Bytes => memory.View;

    public MemoryBuffer1D<byte, Stride1D.Dense> Memory => memory;

    ~GpuBuffer()
    {
        if (!InUse) return;      // freed
        GC.ReRegisterForFinalize(this);
        abandoned.Enqueue(this);
    }
}
