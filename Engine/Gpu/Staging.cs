using ILGPU;
using ILGPU.Runtime;

namespace NanoAttention;

/// <summary>
/// The way of small arrays to the GPU: through page-locked memory, from where they travel while the caller goes on. Filled from the
/// front; only when it is full does anybody wait.
/// </summary>
sealed class Staging(Accelerator accelerator)
{
    const int capacity = 1 << 22, alignment = 16;

    readonly PageLockedArray1D<byte> memory = accelerator.AllocatePageLocked1D<byte>(capacity);
    int used;

    /// <summary>Whether so many bytes pass this way.</summary>
    public static bool Takes(int bytes) => bytes <= capacity / 4;

    public void Send(ReadOnlySpan<byte> from, ArrayView<byte> to, AcceleratorStream stream)
    {
        if (used + from.Length > capacity)
        {
            stream.Synchronize();
            used = 0;
        }
        from.CopyTo(memory.Span[used..]);
        to.CopyFrom(stream, memory.ArrayView.SubView(used, from.Length));
        used += (from.Length + alignment - 1) / alignment * alignment;
    }
}
