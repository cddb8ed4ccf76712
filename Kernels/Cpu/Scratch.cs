using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// A thread's own working memory for the kernel family <typeparamref name="TOwner"/>: grown to the largest request, then kept as long as
/// the thread lives.
/// </summary>
static unsafe class Scratch<TOwner>
{
    const int Line = 64; // bytes of a cache line, and of the widest register

    [ThreadStatic] static byte[]? memory;
    [ThreadStatic] static GuardedMemory? guarded;

    /// <summary>
    /// Memory for <paramref name="count"/> numbers from a cache line's start on, valid until the thread's next call. What it holds is
    /// garbage.
    /// </summary>
    public static T* Take<T>(long count) where T : unmanaged
    {
        if (GuardedMemory.On) return (T*)Guarded(checked((int)(count * sizeof(T))));
        var bytes = checked((int)(count * sizeof(T))) + Line;
        if (memory is null || memory.Length < bytes) memory = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
        var start = (nint)Unsafe.AsPointer(ref memory[0]);
        return (T*)((start + Line - 1) & -Line);
    }

    static void* Guarded(int bytes)
    {
        guarded = (guarded ?? new(bytes)).Lend(bytes, $"scratch of {typeof(TOwner).Name}");
        return Unsafe.AsPointer(ref guarded.Bytes[guarded.Start]);
    }
}
