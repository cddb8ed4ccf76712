using System.Numerics;
using System.Runtime.CompilerServices;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention.Tests.Kernels;

/// <summary>An array that stays in place, so that a kernel may see it.</summary>
sealed unsafe class Numbers<T>(T[] values) where T : unmanaged
{
    readonly T[] memory = Pin(values);

    public T[] Values => memory;
    public View<T> View => new((T*)Unsafe.AsPointer(ref memory[0]), memory.Length - 1, memory);

    public ref T this[int i] => ref memory[i];

    // one number more than asked for, so that an empty array has an address too
    static T[] Pin(T[] values)
    {
        var memory = KernelRun.Array<T>(values.Length + 1);
        values.CopyTo(memory, 0);
        return memory;
    }
}

static class Numbers
{
    /// <summary>Normally distributed numbers.</summary>
    public static Numbers<T> Random<T>(int count, int seed) where T : unmanaged, INumber<T> => new(KernelRun.Normal<T>(count, seed));

    public static Numbers<T> Filled<T>(int count, T value) where T : unmanaged
    {
        var values = new T[count];
        Array.Fill(values, value);
        return new(values);
    }

    /// <summary>Runs items 0 … items − 1 of a kernel in pieces of <paramref name="step"/>, the last piece first, in registers of the given width.</summary>
    public static void Run<T, K>(K kernel, int items, int bits, int step = int.MaxValue) where T : unmanaged where K : struct, IKernel<T>
    {
        step = Math.Min(step, Math.Max(items, 1));
        for (var from = (items - 1) / step * step; from >= 0 && items > 0; from -= step)
            KernelRun.Run<K, T>(kernel, BitOperations.Log2((uint)bits / 128), from, Math.Min(from + step, items));
    }
}
