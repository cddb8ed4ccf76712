using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

/// <summary>
/// The threads that share a CPU kernel's work: they claim chunks of its items until none is left. Chunks are independent, so
/// results do not depend on who computes what. Each thread has a part of the items that it begins with, the same part of every job, so that
/// it often finds in its own cache what it computed in the job before; who is done helps the others. A helper without work spins for a
/// millisecond, so that the next job reaches it in a fraction of a microsecond; then it sleeps, and costs nothing. A helper that does not
/// come in time is not waited for.
/// </summary>
sealed unsafe class Workers
{
    const int most = 1024;
    const double wakingPerSharing = 10;                             // a hand-off takes about 0.5 µs, to wake a sleeper 5
    const int shortSpins = 200, spins = 20_000, spinsToYield = 500;                   // a pause is 10 to 50 ns long

    Helper[] helpers = [];
    readonly Part[] memory = GC.AllocateArray<Part>(most + 1, pinned: true);
    readonly Part* parts;       // the caller's, and one for each helper
    int busy;                   // 1: a job is at hand
    int chunks;                 // of the job at hand
    long shared;
    Help help;
    volatile Exception? failure;

    public Workers() => parts = (Part*)(((nint)Unsafe.AsPointer(ref memory[0]) + Part.Size - 1) & -Part.Size);

    /// <summary>What helpers have done, on a cache line of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Help
    {
        /// <summary>How many chunks of the job at hand.</summary>
        [FieldOffset(128)] public int Done;

        /// <summary>How often one of them did something.</summary>
        [FieldOffset(136)] public long Times;
    }

    /// <summary>
    /// The part of a job that a thread begins with, on a cache line of its own: all that its thread must learn comes with one line.
    /// A job ends only when all that was claimed is done, so that who has claimed a chunk reads the job it belongs to.
    /// </summary>
    [StructLayout(LayoutKind.Sequential, Size = Size)]
    struct Part
    {
        public const int Size = 128;

        /// <summary>The job's number, which says that there is a new one.</summary>
        public long Number;

        public delegate*<void*, int, int, void> Invoke;
        public void* Kernel;
        public int Items, Chunk;

        /// <summary>How many parts the job has.</summary>
        public int Parts;

        /// <summary>This part's chunks are those up to number End − 1.</summary>
        public int End;

        /// <summary>How many of them are left, none if 0 or less: to subtract 1 claims one, of whatever job it is.</summary>
        public int Unclaimed;
    }

    /// <summary>A thread, and where it sleeps.</summary>
    sealed class Helper
    {
        readonly SemaphoreSlim wake = new(0);
        int asleep;

        public bool IsAsleep => Volatile.Read(ref asleep) == 1;

        /// <summary>Until it is called, or not at all where there is a job by now.</summary>
        public void Sleep(ref long number, long seen)
        {
            Interlocked.Exchange(ref asleep, 1);
            if (Volatile.Read(ref number) == seen || Interlocked.Exchange(ref asleep, 0) == 0) wake.Wait();
        }

        public void Call()
        {
            if (Interlocked.Exchange(ref asleep, 0) == 1) wake.Release();
        }
    }

    /// <summary>How many threads share a job, the caller's included.</summary>
    public int Threads
    {
        get;
        set => field = value is >= 1 and <= most ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Threads: {value} must be from 1 to {most}");
    } = Environment.ProcessorCount;

    /// <summary>From how much work on a job is shared with threads that are awake: about the multiplications in the time of some hand-offs.</summary>
    internal double WorthSharing { get; set; } = 10_000;

    /// <summary>Of how many of the next jobs that are shared another thread claims a chunk before the caller does, however long it must wait.</summary>
    internal int AwaitsHelp { get; set; }

    /// <summary>How many jobs were cut up and offered to other threads, and how often another thread did a part of one.</summary>
    internal (long Shared, long Helped) Jobs => (Interlocked.Read(ref shared), Interlocked.Read(ref help.Times));

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
        double work = items * cost;
        if (items == 1 || work < WorthSharing || Threads == 1 || !Share(function, address, items, work)) function(address, 0, items);
    }

    // Whether it did the work. Not where the threads are at work already, for another thread or further out; nor where all sleep and the
    // work would be done before they are up.
    bool Share(delegate*<void*, int, int, void> function, void* address, int items, double work)
    {
        double worthWaking = wakingPerSharing * WorthSharing;
        if (work < worthWaking && !AnyAwake()) return false;
        if (Interlocked.CompareExchange(ref busy, 1, 0) != 0) return false;
        try
        {
            int owners = Post(function, address, items, work);
            if (work >= worthWaking || AwaitsHelp > 0)
                for (int i = 1; i < owners; i++) helpers[i - 1].Call();
            if (AwaitsHelp > 0)
                for (AwaitsHelp--; Unclaimed() == chunks;) Thread.Yield();
            int left = chunks - Claim(parts, 0);
            for (int i = 1; Volatile.Read(ref help.Done) < left; i++) Pause(i);
            return failure is null ? true : throw Failure();
        }
        finally
        {
            Volatile.Write(ref busy, 0);
        }
    }

    bool AnyAwake()
    {
        var all = helpers;
        for (int i = Math.Min(Threads - 1, all.Length) - 1; i >= 0; i--)
            if (!all[i].IsAsleep) return true;
        return false;
    }

    // Lays out every thread's part, the caller's first: how many threads have one.
    int Post(delegate*<void*, int, int, void> function, void* address, int items, double work)
    {
        int threads = Threads;
        shared++;
        while (helpers.Length < threads - 1)
        {
            var helper = new Helper();
            helpers = [.. helpers, helper];
            int thread = helpers.Length;
            new Thread(() => Work(helper, parts, thread)) { IsBackground = true, Name = "NanoAttention worker" }.Start();
        }
        int wanted = Math.Max(threads, (int)Math.Min(4.0 * threads, work / WorthSharing));   // not too small, and enough for who ends first
        int chunk = (items - 1) / wanted + 1;
        if (chunk > 64) chunk = (chunk + 63) & ~63;                                         // whole cache lines, where items are numbers
        (chunks, help.Done) = ((items - 1) / chunk + 1, 0);
        int owners = Math.Min(threads, chunks);
        for (int i = 0, begin = 0; i < owners; i++)
        {
            int end = (int)((long)chunks * (i + 1) / owners);
            var part = &parts[i];
            part->Invoke = function;
            part->Kernel = address;
            (part->Items, part->Chunk, part->Parts, part->End) = (items, chunk, owners, end);
            Volatile.Write(ref part->Unclaimed, end - begin);
            Volatile.Write(ref part->Number, shared);
            begin = end;
        }
        return owners;
    }

    int Unclaimed() => Enumerable.Range(0, helpers.Length + 1).Sum(i => Math.Max(Volatile.Read(ref parts[i].Unclaimed), 0));

    // Claims chunks and runs them until there is none, those of this thread's part first: how many.
    int Claim(Part* parts, int thread)
    {
        int claimed = 0;
        for (int i = 0, count = parts[thread].Parts; i < count; i++)
        {
            var part = &parts[(thread + i) % count];
            for (int left; Volatile.Read(ref part->Unclaimed) > 0 && (left = Interlocked.Decrement(ref part->Unclaimed)) >= 0; claimed++)
            {
                int from = (part->End - 1 - left) * part->Chunk, to = part->Items - from < part->Chunk ? part->Items : from + part->Chunk;
                try
                {
                    part->Invoke(part->Kernel, from, to);
                }
                catch (Exception e)
                {
                    failure = e;
                }
            }
        }
        return claimed;
    }

    InvalidOperationException Failure()
    {
        var e = failure!;
        failure = null;
        return new($"A kernel failed: {e.Message}", e);
    }

    // A helper's life. It does not touch the fields that the caller writes.
    void Work(Helper me, Part* parts, int thread)
    {
        ref long number = ref parts[thread].Number;
        long seen = 0;
        for (int i = 1; ; i++)
        {
            if (Volatile.Read(ref number) is var posted && posted != seen)
            {
                seen = posted;
                if (Claim(parts, thread) is not (> 0 and var done)) continue;      // nothing to do is no reason to stay awake
                Interlocked.Increment(ref help.Times);
                Interlocked.Add(ref help.Done, done);
                i = 0;
            }
            else if (i < spins && Environment.ProcessorCount > 1) Pause(i);
            else
            {
                me.Sleep(ref number, seen);
                i = 0;
            }
        }
    }

    // Waits a moment; longer after the first ones, and now and then the core is left to others, who may be waited for.
    static void Pause(int i)
    {
        if (i % spinsToYield == 0 || Environment.ProcessorCount == 1) Thread.Yield();
        else if (i < shortSpins) return;
        else if (X86Base.IsSupported) X86Base.Pause();
        else if (ArmBase.IsSupported) ArmBase.Yield();
        else Thread.SpinWait(1);
    }
}
