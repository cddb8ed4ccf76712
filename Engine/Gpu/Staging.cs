using ILGPU;
using ILGPU.Runtime;

namespace NanoAttention;

/// <summary>
/// The way of numbers to the GPU: through page-locked memory, from where they travel, in the stream's turn, while the caller goes on. While
/// what one half of it holds travels, the other is filled; before a half is filled anew, all that it held has left.
/// </summary>
sealed class Staging(Accelerator accelerator, AcceleratorStream stream, GpuDriver driver)
{
    /// <summary>The bytes of a half.</summary>
    public const int Half = 1 << 21;

    const int alignment = 16;

    readonly PageLockedArray1D<byte> memory = accelerator.AllocatePageLocked1D<byte>(2 * Half);
    int start, used;                            // where the half begins that is being filled, and how much of it is
    Action awaitOther = static () => { };       // until the other half is free

    public void Send(ReadOnlySpan<byte> from, ArrayView<byte> to)
    {
        for (int sent = 0, count; sent < from.Length; sent += count)
        {
            if (used == Half) TurnToOther();
            count = Math.Min(from.Length - sent, Half - used);
            from.Slice(sent, count).CopyTo(memory.Span[(start + used)..]);
            to.SubView(sent, count).CopyFrom(stream, memory.ArrayView.SubView(start + used, count));
            used += (count + alignment - 1) / alignment * alignment;
        }
    }

    void TurnToOther()
    {
        var awaitThis = driver.Mark(stream);
        awaitOther();
        (awaitOther, start, used) = (awaitThis, Half - start, 0);
    }
}
