using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

/// <summary>The processor: kernels run on all its cores, in its widest registers.</summary>
public sealed unsafe partial class CpuDevice : Device
{
    readonly Workers workers = new(), alone = new() { Threads = 1 };
    readonly ConcurrentBag<CpuBuffer>[] pool = new ConcurrentBag<CpuBuffer>[31];

    internal CpuDevice()
    {
        for (int i = 0; i < pool.Length; i++) pool[i] = [];
    }

    public override string Name => $"CPU ({(Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128)}-bit, {Threads} thread{(Threads == 1 ? "" : "s")})";

    /// <summary>How many threads share a kernel's work; the number of cores unless set. Results do not depend on it.</summary>
    public int Threads { get => workers.Threads; set => workers.Threads = value; }

    /// <summary>The device's own threads, or the caller's alone: for running a kernel by itself.</summary>
    internal Workers Workers(bool all) => all ? workers : alone;

    // Buffers come in powers of two, so that one handed back fits the next request of about its size.
    internal override object Rent(int bytes)
    {
        int size = SizeClass(bytes);
        if (size >= pool.Length || !pool[size].TryTake(out var buffer))
        {
            CountMiss();
            buffer = CpuBuffer.Allocate(size < pool.Length ? 1 << size : bytes);
        }
        if (Litter is { } value) buffer.Bytes[..bytes].Fill(value);
        return buffer;
    }

    internal override void Return(object buffer, int bytes)
    {
        if (Pooling && SizeClass(bytes) is int size && size < pool.Length) pool[size].Add((CpuBuffer)buffer);
    }

    /// <summary>How many buffers wait in the pool.</summary>
    internal int Pooled => pool.Sum(buffers => buffers.Count);

    /// <summary>Whether buffers come back; else each is new.</summary>
    internal bool Pooling { get; set; } = true;

    /// <summary>What fills every buffer before it is handed out, so that whoever reads what nobody wrote is found out; null: nothing does.</summary>
    internal byte? Litter { get; set; }

    static int SizeClass(int bytes) => bytes <= 64 ? 6 : 32 - BitOperations.LeadingZeroCount((uint)bytes - 1);

    internal override void Synchronize() { }

    /// <summary>The numbers of a tensor from its first one to the end of its memory.</summary>
    internal static View<T> View<T>(Tensor x) where T : unmanaged
    {
        var buffer = (CpuBuffer)x.Storage.Read();
        return new((T*)buffer.Pointer + x.Offset, x.Storage.Bytes / sizeof(T) - x.Offset, buffer);
    }

    /// <summary>The bytes of a contiguous tensor, whose memory lives as long as the span.</summary>
    internal static Span<byte> Bytes(Tensor x) => ((CpuBuffer)x.Storage.Read()).Bytes.Slice(x.Offset * x.DType.Size, x.Count * x.DType.Size);

    internal override void Upload(ReadOnlySpan<byte> from, Tensor to) => from.CopyTo(Bytes(to));
    internal override void Download(Tensor from, Span<byte> to) => Bytes(from).CopyTo(to);

    static View<T> Optional<T>(Tensor? x) where T : unmanaged => x is null ? default : View<T>(x);

    void Run<K, T>(K kernel, int count, double cost) where K : struct, IKernel<T> where T : unmanaged => workers.Run<K, T>(kernel, count, cost);

    void Run<K>(K kernel, int count, double cost) where K : struct, IScalarKernel => workers.Run(kernel, count, cost);
}

/// <summary>Memory on the CPU that stays in place and begins at a cache line.</summary>
sealed unsafe class CpuBuffer
{
    const int alignment = 64, slabBytes = 1 << 16, smallBytes = 1 << 12;
    [ThreadStatic] static byte[]? slab;
    [ThreadStatic] static int used;

    readonly byte[] memory;
    readonly int offset;

    CpuBuffer(byte[] memory, int offset) => (this.memory, this.offset) = (memory, offset);

    /// <summary>The first byte: good as long as this buffer is referred to.</summary>
    public void* Pointer => Unsafe.AsPointer(ref memory[offset]);

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

    static int Padding(byte[] memory) => (int)(-(nint)Unsafe.AsPointer(ref memory[0]) & (alignment - 1));
}
