using System.Collections.Concurrent;
using System.Numerics;
using ILGPU.Runtime;

namespace NanoAttention;

/// <summary>
/// The pool of GPU memory: allocation is slow there, so a buffer once allocated is kept and handed out again. Kernels run in the order in
/// which they are launched, so a buffer may be handed out while an earlier kernel still reads it. One thread at a time: the device's lock.
/// </summary>
sealed class GpuMemory(Accelerator accelerator)
{
    const long firstBudget = 1L << 28;

    readonly Stack<GpuBuffer>[] free = [.. Enumerable.Range(0, 32).Select(_ => new Stack<GpuBuffer>())];
    readonly ConcurrentQueue<GpuBuffer> abandoned = new();
    readonly HashSet<MemoryBuffer> owned = [];      // or their own finalisers would free them
    long inUse, budget = firstBudget;

    /// <summary>A buffer of at least so many bytes, and whether it had to be allocated.</summary>
    public (GpuBuffer Buffer, bool IsNew) Rent(int bytes)
    {
        Reclaim();
        int size = SizeClass(bytes);
        if (free[size].Count == 0 && inUse + (1L << size) > budget)
        {
            Collect();
            budget = Math.Max(firstBudget, 2 * inUse);
        }
        bool isNew = free[size].Count == 0;
        var buffer = isNew ? Allocate(size) : free[size].Pop();
        buffer.InUse = true;
        inUse += 1L << size;
        return (buffer, isNew);
    }

    public void Return(GpuBuffer buffer)
    {
        buffer.InUse = false;
        inUse -= 1L << buffer.Size;
        free[buffer.Size].Push(buffer);
    }

    // Buffers come in powers of two, so that one handed back fits the next request of about its size.
    static int SizeClass(int bytes) => bytes <= 256 ? 8 : 32 - BitOperations.LeadingZeroCount((uint)bytes - 1);

    // Takes back the buffers of tensors that were collected.
    void Reclaim()
    {
        while (abandoned.TryDequeue(out var buffer)) Return(buffer);
    }

    // The collector sees small handles, not the memory behind them, so it has to be asked.
    void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Reclaim();
    }

    GpuBuffer Allocate(int size)
    {
        try
        {
            return New();
        }
        catch (AcceleratorException)    // out of memory, most likely
        {
            Collect();
            if (free[size].TryPop(out var found)) return found;
            accelerator.Synchronize();
            foreach (var stack in free)
                while (stack.TryPop(out var buffer)) Free(buffer.Memory);
            return New();
        }

        GpuBuffer New()
        {
            var memory = accelerator.Allocate1D<byte>(1L << size);
            owned.Add(memory);
            return new(memory, size, abandoned);
        }

        void Free(MemoryBuffer memory)
        {
            owned.Remove(memory);
            memory.Dispose();
        }
    }
}
