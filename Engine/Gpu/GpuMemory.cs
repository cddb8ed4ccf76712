using System.Collections.Concurrent;
using System.Numerics;
using ILGPU.Runtime;

namespace NanoAttention;

/// <summary>
/// The pool of GPU memory: allocation is slow there, so a buffer once allocated is kept and handed out again. Kernels run in the order in
/// which they are launched, so a buffer may be handed out while an earlier kernel still reads it. One thread at a time: the device's lock.
/// </summary>
sealed class GpuMemory(GpuDriver driver)
{
    const long firstBudget = 1L << 28;

    readonly Stack<GpuBuffer>[] free = [.. Enumerable.Range(0, 32).Select(_ => new Stack<GpuBuffer>())];
    readonly ConcurrentQueue<GpuBuffer> abandoned = new();
    readonly HashSet<MemoryBuffer> owned = [];      // or their own finalisers would free them
    long inUse, budget = firstBudget;

    /// <summary>The bytes of the buffers that are handed out.</summary>
    public long InUse => inUse;

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

    // Where memory is short: first what the collector finds, then what is kept for reuse.
    GpuBuffer Allocate(int size)
    {
        if (New() is { } buffer) return buffer;
        Collect();
        if (free[size].TryPop(out var found)) return found;
        FreeUnused();
        return New() ?? throw new OutOfMemoryException(Shortage(size));

        GpuBuffer? New()
        {
            try
            {
                var memory = driver.Allocate(1L << size);
                owned.Add(memory);
                return new(memory, size, abandoned);
            }
            catch (Exception e) when (GpuDriver.IsWantOfMemory(e))
            {
                return null;
            }
        }
    }

    /// <summary>Gives back to the GPU what is kept for reuse.</summary>
    public void FreeUnused()
    {
        driver.Synchronize();
        foreach (var stack in free)
            while (stack.TryPop(out var unused))
            {
                owned.Remove(unused.Memory);
                unused.Memory.Dispose();
            }
    }

    string Shortage(int size)
    {
        var (free, total) = driver.Memory;
        string left = free is { } known ? $"{Bytes(known)} of {Bytes(total)} are free" : $"the device has {Bytes(total)}";
        return $"no {Bytes(1L << size)} of memory left (buffers come in powers of two): tensors hold {Bytes(inUse)}, "
            + $"nothing is kept for reuse, and {left}; a smaller batch, or a Scope around each step, takes less";
    }

    static string Bytes(long bytes) => bytes < 1L << 20 ? $"{bytes:N0} bytes"
        : bytes < 1L << 30 ? FormattableString.Invariant($"{bytes / (double)(1L << 20):0.#} MiB")
        : FormattableString.Invariant($"{bytes / (double)(1L << 30):0.#} GiB");
}
