using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>What a binary kernel does with the numbers of a and b that belong to the output's elements i, i + 1, ….</summary>
interface IZip<T> where T : unmanaged
{
    void Put<V>(V a, V b, int i) where V : struct, ISimd<V, T>;
    void PutPart<V>(V a, V b, int i, int count) where V : struct, ISimd<V, T>;
}

/// <summary>
/// The rows of a binary kernel: one loop, compiled for operands that step by one or stand still; others are gathered first.
/// </summary>
static unsafe class ZipRows
{
    // how many numbers of an operand are gathered at a time
    const int Chunk = 128;

    [SkipLocalsInit]
    public static void Run<K, V, T>(in K kernel, View<T> a, View<T> b, in Layout layout, int from, int to)
        where K : struct, IZip<T> where V : struct, ISimd<V, T> where T : unmanaged
    {
        T* bufferA = stackalloc T[Chunk], bufferB = stackalloc T[Chunk];
        var step = layout.Step;
        var walk = layout.From(from);
        for (int row = from; row < to; row++, walk.Next())
        {
            T* atA = a.Pointer + walk.A, atB = b.Pointer + walk.B;
            switch (step.A, step.B)
            {
                case (1, 1): Row<K, V, T, Contiguous<T>, Contiguous<T>>(kernel, new(atA), new(atB), walk.Y, walk.Length); break;
                case (1, 0): Row<K, V, T, Contiguous<T>, Repeated<T>>(kernel, new(atA), new(*atB), walk.Y, walk.Length); break;
                case (0, 1): Row<K, V, T, Repeated<T>, Contiguous<T>>(kernel, new(*atA), new(atB), walk.Y, walk.Length); break;
                default:
                    for (int i = 0; i < walk.Length; i += Chunk)
                    {
                        int n = Math.Min(Chunk, walk.Length - i);
                        Contiguous<T> rowA = new(Gather(atA, step.A, i, n, bufferA)), rowB = new(Gather(atB, step.B, i, n, bufferB));
                        Row<K, V, T, Contiguous<T>, Contiguous<T>>(kernel, rowA, rowB, walk.Y + i, n);
                    }
                    break;
            }
        }
    }

    [MethodImpl(Compiled.Alone)]
    static void Row<K, V, T, A, B>(in K kernel, A a, B b, int y, int n)
        where K : struct, IZip<T> where V : struct, ISimd<V, T> where T : unmanaged
        where A : struct, IOperand<T> where B : struct, IOperand<T>
    {
        int i = 0;
        for (; i <= n - V.Count; i += V.Count) kernel.Put(a.At<V>(i), b.At<V>(i), y + i);
        if (i < n) kernel.PutPart(a.Part<V>(i, n - i), b.Part<V>(i, n - i), y + i, n - i);
    }

    // numbers start, …, start + n − 1 of a row, side by side
    static T* Gather<T>(T* x, int step, int start, int n, T* buffer) where T : unmanaged
    {
        if (step == 1) return x + start;
        x += (long)start * step;
        for (int i = 0; i < n; i++, x += step) buffer[i] = *x;
        return buffer;
    }

    /// <summary>One row of an operand: its numbers i, i + 1, … as the output sees them.</summary>
    interface IOperand<T> where T : unmanaged
    {
        V At<V>(int i) where V : struct, ISimd<V, T>;
        V Part<V>(int i, int count) where V : struct, ISimd<V, T>;
    }

    readonly struct Contiguous<T>(T* x) : IOperand<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V At<V>(int i) where V : struct, ISimd<V, T> => V.Load(new(x, i + V.Count), i);
        public V Part<V>(int i, int count) where V : struct, ISimd<V, T> => V.LoadPart(new(x, i + count), i, count, default);
    }

    readonly struct Repeated<T>(T x) : IOperand<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V At<V>(int i) where V : struct, ISimd<V, T> => V.Broadcast(x);
        public V Part<V>(int i, int count) where V : struct, ISimd<V, T> => V.Broadcast(x);
    }
}
