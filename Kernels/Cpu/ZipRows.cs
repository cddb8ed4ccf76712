using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels;

/// <summary>What a binary kernel does with the numbers of a and b that belong to the output's elements i, i + 1, ….</summary>
interface IZip<T> where T : unmanaged
{
    void Put<V>(V a, V b, int i) where V : struct, ISimd<V, T>;
    void PutPart<V>(V a, V b, int i, int count) where V : struct, ISimd<V, T>;
}

/// <summary>The rows of a binary kernel: one loop, compiled for each way that an operand can step.</summary>
static unsafe class ZipRows
{
    public static void Run<K, V, T>(in K kernel, View<T> a, View<T> b, in Layout layout, int from, int to)
        where K : struct, IZip<T> where V : struct, ISimd<V, T> where T : unmanaged
    {
        T* gatheredA = stackalloc T[V.Count], gatheredB = stackalloc T[V.Count];
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
                default: Row<K, V, T, Strided<T>, Strided<T>>(kernel, new(atA, step.A, gatheredA), new(atB, step.B, gatheredB), walk.Y, walk.Length); break;
            }
        }
    }

    static void Row<K, V, T, A, B>(in K kernel, A a, B b, int y, int n)
        where K : struct, IZip<T> where V : struct, ISimd<V, T> where T : unmanaged where A : struct, IOperand<T> where B : struct, IOperand<T>
    {
        int i = 0;
        for (; i <= n - V.Count; i += V.Count) kernel.Put(a.At<V>(i), b.At<V>(i), y + i);
        if (i < n) kernel.PutPart(a.Part<V>(i, n - i), b.Part<V>(i, n - i), y + i, n - i);
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

    readonly struct Strided<T>(T* x, int step, T* gathered) : IOperand<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V At<V>(int i) where V : struct, ISimd<V, T>
        {
            for (int k = 0; k < V.Count; k++) gathered[k] = x[(long)(i + k) * step];
            return V.Load(new(gathered, V.Count), 0);
        }

        public V Part<V>(int i, int count) where V : struct, ISimd<V, T>
        {
            for (int k = 0; k < V.Count; k++) gathered[k] = k < count ? x[(long)(i + k) * step] : default;
            return V.Load(new(gathered, V.Count), 0);
        }
    }
}
