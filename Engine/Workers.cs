using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

/// <summary>
/// The threads that share a CPU kernel's work: they claim chunks of its items until none is left. Chunks are independent, so
/// results do not depend on who computes what. A waiting thread spins for some microseconds, then sleeps.
/// </summary>
sealed unsafe class Workers
{
    const int spins = 200, most = 1024;

    readonly object gate = new();
    readonly SemaphoreSlim wake = new(0);
    int helpers;                // threads started
    int sleeping;

    // the job at hand
    delegate*<void*, int, int, void> invoke;
    void* kernel;
    int count, chunk, next, invited, finished;
    long shared, helped;
    volatile int job;           // its number
    volatile Exception? failure;

    /// <summary>How many threads share a job, the caller's included.</summary>
    public int Threads
    {
        get;
        set => field = value is >= 1 and <= most ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Threads: {value} must be from 1 to {most}");
    } = Environment.ProcessorCount;

    /// <summary>From how much work on a job is shared: about the multiplications in the time it takes to wake a thread.</summary>
    internal double WorthSharing { get; set; } = 20_000;

    /// <summary>Of how many of the next jobs that are shared another thread takes the first part, however long the caller must wait for it.</summary>
    internal int AwaitsHelp { get; set; }

    /// <summary>How many jobs were cut up and offered to other threads, and of how many of these another thread did a part.</summary>
    internal (long Shared, long Helped) Jobs => (Interlocked.Read(ref shared), Interlocked.Read(ref helped));

    /// <summary>Runs the kernel over items 0 … count − 1 in the widest registers the machine has; <paramref name="cost"/> is about the work of an item, in multiplications.</summary>
    public void Run<K, T>(K kernel, int count, double cost) where K : struct, IKernel<T> where T : unmanaged
    {
        if (Vector512.IsHardwareAccelerated) Run(ref kernel, &Invoke<K, T, Lane512<T>>, count, cost);
        else if (Vector256.IsHardwareAccelerated) Run(ref kernel, &Invoke<K, T, Lane256<T>>, count, cost);
        else Run(ref kernel, &Invoke<K, T, Lane128<T>>, count, cost);
    }

    /// <summary>Runs a kernel that needs no registers.</summary>
    public void Run<K>(K kernel, int count, double cost) where K : struct, IScalarKernel => Run(ref kernel, &Invoke<K>, count, cost);

    static void Invoke<K>(void* kernel, int from, int to) where K : struct, IScalarKernel => Unsafe.AsRef<K>(kernel).Run(from, to);

    static void Invoke<K, T, V>(void* kernel, int from, int to) where K : struct, IKernel<T> where T : unmanaged where V : struct, ISimd<V, T> =>
        Unsafe.AsRef<K>(kernel).Run<V>(from, to);

    void Run<K>(ref K k, delegate*<void*, int, int, void> function, int items, double cost) where K : struct
    {
        if (items == 0) return;
        void* address = Unsafe.AsPointer(ref k);
        int threads = Threads;
        if (threads == 1 || items == 1 || items * cost < WorthSharing || Monitor.IsEntered(gate) || !Monitor.TryEnter(gate))
        {
            function(address, 0, items);
            return;
        }
        try
        {
            Share(function, address, items, Math.Max(1, items / (4 * threads)), threads);
        }
        finally
        {
            Monitor.Exit(gate);
        }
    }

    void Share(delegate*<void*, int, int, void> function, void* address, int items, int size, int threads)
    {
        while (helpers < threads - 1)
        {
            helpers++;
            new Thread(Loop) { IsBackground = true, Name = "NanoAttention worker" }.Start();
        }
        shared++;
        invoke = function;
        kernel = address;
        (count, chunk, next, finished, failure) = (items, size, 0, 0, null);
        Volatile.Write(ref invited, threads - 1);
        Interlocked.Increment(ref job);
        Interlocked.MemoryBarrier();
        int asleep = Volatile.Read(ref sleeping);
        if (asleep > 0) wake.Release(Math.Min(asleep, threads - 1));

        if (AwaitsHelp > 0)
            for (AwaitsHelp--; Volatile.Read(ref next) == 0;) Thread.Yield();
        Claim();
        // Whoever has not come by now need not come; wait for those who have.
        int came = threads - 1 - Math.Max(0, Interlocked.Exchange(ref invited, 0));
        var spin = new SpinWait();
        while (Volatile.Read(ref finished) < came) spin.SpinOnce(-1);
        if (failure is { } e) throw new InvalidOperationException($"A kernel failed: {e.Message}", e);
    }

    // Whether there was something left to do.
    bool Claim()
    {
        bool any = false;
        try
        {
            for (int from; (from = Interlocked.Add(ref next, chunk) - chunk) < count; any = true)
                invoke(kernel, from, Math.Min(count, from + chunk));
        }
        catch (Exception e)
        {
            failure = e;
        }
        return any;
    }

    void Loop()
    {
        int seen = 0;
        while (true)
        {
            for (int i = 0; job == seen; i++)
            {
                if (i < spins) { Thread.SpinWait(30); continue; }
                Interlocked.Increment(ref sleeping);
                Interlocked.MemoryBarrier();
                if (job == seen) wake.Wait();
                Interlocked.Decrement(ref sleeping);
                i = 0;
            }
            seen = job;
            if (Interlocked.Decrement(ref invited) < 0) continue;
            if (Claim()) Interlocked.Increment(ref helped);
            Interlocked.Increment(ref finished);
        }
    }
}
