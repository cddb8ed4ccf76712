using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>Numbers in memory that a CPU kernel may touch: what a span is, but storable in a kernel's fields.</summary>
/// <param name="owner">What the memory belongs to, kept alive as long as the view; nothing where another view does that.</param>
public readonly unsafe struct View<T>(T* pointer, int length, object? owner = null) where T : unmanaged
{
    /// <summary>What keeps the memory alive.</summary>
    public object? Owner => owner;

    public int Length => length;
    public T* Pointer => pointer;
    public Span<T> Span => new(pointer, length);

    public ref T this[int i]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Debug.Assert((uint)i < (uint)length);
            return ref pointer[i];
        }
    }

    /// <summary>The <paramref name="count"/> numbers from <paramref name="start"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public View<T> Slice(int start, int count)
    {
        Debug.Assert(start >= 0 && count >= 0 && start + count <= length);
        return new(pointer + start, count);
    }

    /// <summary>Row i of a matrix with rows of <paramref name="n"/> numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public View<T> Row(int i, int n) => new(pointer + (long)i * n, n);
}
