using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>Accumulation in place.</summary>
public static class Axpy
{
    /// <summary>y += α x. Items are elements.</summary>
    public readonly struct Add<T>(T alpha, View<T> x, View<T> y) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            var scale = V.Broadcast(alpha);
            int i = from;
            for (; i <= to - V.Count; i += V.Count) V.Store(V.MulAdd(scale, V.Load(x, i), V.Load(y, i)), y, i);
            int left = to - i;
            if (left > 0) V.StorePart(V.MulAdd(scale, V.LoadPart(x, i, left, default), V.LoadPart(y, i, left, default)), y, i, left);
        }
    }
}
