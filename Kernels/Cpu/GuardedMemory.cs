using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// For tests: memory between two cache lines of a pattern. Whoever writes beyond an end damages the pattern, which is noticed when the
/// memory is lent again, handed back, or left to the collector.
/// </summary>
sealed unsafe class GuardedMemory(int capacity)
{
    const int width = 64;
    const byte pattern = 0xCD;
    string? user;
    int used;

    /// <summary>Whether scratch memory, and that of tensors on the CPU, is guarded.</summary>
    public static bool On { get; set; }

    /// <summary>What was found damaged, by any thread.</summary>
    public static ConcurrentQueue<string> Damage { get; } = [];

    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(checked(capacity + 3 * width), pinned: true);

    /// <summary>Where the memory starts among the bytes: at a cache line.</summary>
    public int Start => width + (int)(-(nint)Unsafe.AsPointer(ref Bytes[0]) & (width - 1));

    Span<byte> Before => Bytes.AsSpan(Start - width, width);
    Span<byte> Behind => Bytes.AsSpan(Start + used, width);

    public GuardedMemory Lend(int count, string to)
    {
        Verify();
        if (count > capacity) return new GuardedMemory(count).Lend(count, to);
        (used, user) = (count, to);
        Before.Fill(pattern);
        Behind.Fill(pattern);
        return this;
    }

    public void Verify()
    {
        if (user is null) return;
        if (Behind.IndexOfAnyExcept(pattern) is >= 0 and var i) Damage.Enqueue($"{user}: byte {used + i} of {used} was written");
        if (Before.LastIndexOfAnyExcept(pattern) is >= 0 and var j) Damage.Enqueue($"{user}: byte {j - width} of {used} was written");
        user = null;
    }

    ~GuardedMemory() => Verify();
}
