using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

/// <summary>The processor: kernels run on all its cores, in its widest registers.</summary>
public sealed unsafe partial class CpuDevice : Device
{
    readonly Workers workers = new(), alone = new() { Threads = 1 };

    internal CpuDevice() { }

    public override string Name => $"CPU ({(Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128)}-bit, {Threads} thread{(Threads == 1 ? "" : "s")})";

    /// <summary>How many threads share a kernel's work; the number of cores unless set. Results do not depend on it.</summary>
    public int Threads { get => workers.Threads; set => workers.Threads = value; }

    /// <summary>The device's own threads, or the caller's alone: for running a kernel by itself.</summary>
    internal Workers Workers(bool all) => all ? workers : alone;

    internal override object Rent(int bytes, PerThread thread, string op)
    {
        if ((Guard ? CpuBuffer.Guarded(bytes, op) : thread.Pool.Take(bytes)) is not { } buffer)
        {
            CountMiss();
            buffer = CpuPool.Allocate(bytes);
        }
        if (Litter is { } value) buffer.Bytes[..bytes].Fill(value);
        return buffer;
    }

    internal override void Return(object buffer, int bytes, PerThread thread)
    {
        var memory = (CpuBuffer)buffer;
        if (memory.Guard is { } guard) guard.Verify();
        else if (Pooling) thread.Pool.Put(memory, bytes);
    }

    /// <summary>How many buffers wait to be used again, by this thread.</summary>
    internal int Pooled => PerThread.Mine.Pool.Count;

    /// <summary>Whether buffers come back; else each is new.</summary>
    internal bool Pooling { get; set; } = true;

    /// <summary>What fills every buffer before it is handed out, so that whoever reads what nobody wrote is found out; null: nothing does.</summary>
    internal byte? Litter { get; set; }

    /// <summary>Whether buffers are new and end in a pattern, as kernels' scratch memory does, so that whoever writes beyond them is found out.</summary>
    internal bool Guard { get => GuardedMemory.On; set => GuardedMemory.On = value; }

    internal override void Synchronize() { }

    /// <summary>
    /// The numbers of a tensor from its first one to the end of its memory. Taken for wider ones than they are, they would reach beyond it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static View<T> View<T>(Tensor x) where T : unmanaged
    {
        if (sizeof(T) != x.DType.Size) ThrowWrongSize(x);
        var buffer = (CpuBuffer)x.Storage.Read();
        return new((T*)buffer.Pointer + x.Offset, x.Storage.Bytes / sizeof(T) - x.Offset, buffer);
    }

    static void ThrowWrongSize(Tensor x) => throw new InvalidOperationException($"a tensor {x.Shape} of {x.DType} is given to a kernel of numbers of another size");

    /// <summary>The bytes of a contiguous tensor, whose memory lives as long as the span.</summary>
    internal static Span<byte> Bytes(Tensor x)
    {
        var bytes = ((CpuBuffer)x.Storage.Read()).Bytes;
        return x.Count == 0 ? [] : bytes.Slice(x.Offset * x.DType.Size, x.Count * x.DType.Size);     // a part without numbers may lie anywhere
    }

    internal override void Upload(ReadOnlySpan<byte> from, Tensor to) => from.CopyTo(Bytes(to));
    internal override void Download(Tensor from, Span<byte> to) => Bytes(from).CopyTo(to);

    static View<T> Optional<T>(Tensor? x) where T : unmanaged => x is null ? default : View<T>(x);

    void Run<K, T>(K kernel, int count, double cost) where K : struct, IKernel<T> where T : unmanaged => workers.Run<K, T>(kernel, count, cost);

    void Run<K>(K kernel, int count, double cost) where K : struct, IScalarKernel => workers.Run(kernel, count, cost);
}
