using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.CompilerServices;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

/// <summary>
/// CPU memory that was handed back, to be used again. Buffers come in powers of two, so that one handed back fits the next request of about its size.
/// A thread keeps some of the small ones to itself, so that a small tensor costs no lock; all others are shared.
/// </summary>
sealed class CpuPool
{
    const int classes = 31, small = 13, kept = 256;     // sizes below 2¹³ bytes, so many of each

    static readonly ConcurrentBag<CpuBuffer>[] shared = [.. Enumerable.Range(0, classes).Select(_ => new ConcurrentBag<CpuBuffer>())];

    struct Stack
    {
        public CpuBuffer[] Buffers;
        public int Count;
    }

    readonly Stack[] own = new Stack[small];

    /// <summary>A buffer of at least so many bytes, or null where none is left.</summary>
    public CpuBuffer? Take(int bytes)
    {
        int size = SizeClass(bytes);
        if (size < small)
        {
            ref var stack = ref own[size];
            if (stack.Count > 0) return stack.Buffers[--stack.Count];
        }
        return size < classes && shared[size].TryTake(out var buffer) ? buffer : null;
    }

    public void Put(CpuBuffer buffer, int bytes)
    {
        int size = SizeClass(bytes);
        if (size < small)
        {
            ref var stack = ref own[size];
            if (stack.Count < kept)
            {
                (stack.Buffers ??= new CpuBuffer[kept])[stack.Count++] = buffer;
                return;
            }
        }
        if (size < classes) shared[size].Add(buffer);
    }

    /// <summary>How many buffers there are for this thread.</summary>
    public int Count => shared.Sum(buffers => buffers.Count) + own.Sum(stack => stack.Count);

    /// <summary>A new buffer that will fit all requests of about this size.</summary>
    public static CpuBuffer Allocate(int bytes) => CpuBuffer.Allocate(SizeClass(bytes) is int size && size < classes ? 1 << size : bytes);

    static int SizeClass(int bytes) => bytes <= 64 ? 6 : 32 - BitOperations.LeadingZeroCount((uint)bytes - 1);
}

/// <summary>Memory on the CPU that stays in place and begins at a cache line.</summary>
sealed unsafe class CpuBuffer
{
    const int alignment = 64, slabBytes = 1 << 16, smallBytes = 1 << 12;
    [ThreadStatic] static byte[]? slab;
    [ThreadStatic] static int used;

    readonly byte[] memory;     // pinned
    readonly int offset;

    CpuBuffer(byte[] memory, int offset)
    {
        (this.memory, this.offset) = (memory, offset);
        Pointer = Unsafe.AsPointer(ref memory[offset]);
    }

    /// <summary>The first byte: good as long as this buffer is referred to.</summary>
    public void* Pointer { get; }

    /// <summary>What watches its ends; for tests.</summary>
    public GuardedMemory? Guard { get; private init; }

    public Span<byte> Bytes => memory.AsSpan(offset);

    /// <summary>Small buffers share a slab, which the collector frees when the last of them is gone.</summary>
    public static CpuBuffer Allocate(int bytes)
    {
        if (bytes > smallBytes)
        {
            var own = GC.AllocateUninitializedArray<byte>(checked(bytes + alignment), pinned: true);
            return new(own, Padding(own));
        }
        if (slab is null || used + bytes > slab.Length)
        {
            slab = GC.AllocateUninitializedArray<byte>(slabBytes + alignment, pinned: true);
            used = Padding(slab);
        }
        var buffer = new CpuBuffer(slab, used);
        used += (bytes + alignment - 1) / alignment * alignment;
        return buffer;
    }

    /// <summary>A buffer whose ends are watched.</summary>
    public static CpuBuffer Guarded(int bytes, string op)
    {
        var guard = new GuardedMemory(bytes).Lend(bytes, op);
        return new(guard.Bytes, guard.Start) { Guard = guard };
    }

    static int Padding(byte[] memory) => (int)(-(nint)Unsafe.AsPointer(ref memory[0]) & (alignment - 1));
}
