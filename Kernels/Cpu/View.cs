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

/// <summary>How kernels are compiled.</summary>
static class Compiled
{
    /// <summary>
    /// By itself and optimised from its first call. Inlined into its caller a kernel would share that small method's allowance of inlining,
    /// which the formulas of a lane soon exhaust: then every addition becomes a call.
    /// </summary>
    public const MethodImplOptions Alone = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;
}

/// <summary>
/// A kernel: what one worker does to items <c>from ≤ i &lt; to</c>, in registers of type V. A device decides how many workers run,
/// and how wide V is. Items are independent, so the result does not depend on how they are shared out.
/// </summary>
public interface IKernel<T> where T : unmanaged
{
    void Run<V>(int from, int to) where V : struct, ISimd<V, T>;
}

/// <summary>A kernel that moves numbers of any type about, or works one number at a time, and needs no lane.</summary>
public interface IScalarKernel
{
    void Run(int from, int to);
}
