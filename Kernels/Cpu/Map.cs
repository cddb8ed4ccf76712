using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>y = f(x), number by number.</summary>
public static class Map
{
    /// <summary>yᵢ = f(xᵢ). Items are elements.</summary>
    public readonly struct Forward<F, T>(F f, View<T> x, View<T> y) : IKernel<T> where F : struct, IUnary where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            int i = from;
            for (; i <= to - V.Count; i += V.Count) V.Store(f.Apply(V.Load(x, i)), y, i);
            if (i < to) V.StorePart(f.Apply(V.LoadPart(x, i, to - i, default)), y, i, to - i);
        }
    }

    /// <summary>dxᵢ = dyᵢ f′(xᵢ, yᵢ). Items are elements.</summary>
    public readonly struct Backward<F, T>(F f, View<T> x, View<T> y, View<T> dy, View<T> dx) : IKernel<T> where F : struct, IUnary where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            int i = from;
            for (; i <= to - V.Count; i += V.Count) V.Store(V.Load(dy, i) * f.Slope(V.Load(x, i), V.Load(y, i)), dx, i);
            int left = to - i;
            if (left > 0) V.StorePart(V.LoadPart(dy, i, left, default) * f.Slope(V.LoadPart(x, i, left, default), V.LoadPart(y, i, left, default)), dx, i, left);
        }
    }
}
