using System.Runtime.CompilerServices;
using static NanoAttention.Kernels.Cpu.RecurrentStep;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// The cell of a plain recurrent network (Elman, Finding Structure in Time, 1990): h = f(x + h₋₁ Wᵀ), all (rows, hidden).
/// </summary>
public static unsafe class RnnCell
{
    /// <summary>From x, what the units get from the input, to h. It cannot do without a product.</summary>
    public readonly struct Forward<F, T>(F f, View<T> x, View<T> h, int hidden) : ICell<T> where F : struct, IUnary where T : unmanaged
    {
        public int Arrays => 2;

        public (nint, int) Array(int i) => ((nint)(i == 0 ? x : h).Pointer, hidden);

        [MethodImpl(Compiled.Alone)]
        public void Units<V, S>(int row, int j, int count, T* products, int next) where V : struct, ISimd<V, T> where S : struct, ISize
        {
            long at = (long)row * hidden + j;
            Store<V, S, T>(f.Apply(Load<V, S, T>(x.Pointer + at, count) + MatMul.Load<T, V>(products)), h.Pointer + at, count);
        }
    }

    /// <summary>dx = (dy + what h₋₁ of the later step got from its product) f′, where f′ can be told from h.</summary>
    public readonly struct Backward<F, T>(F f, View<T> h, View<T> dy, View<T> dx, int hidden)
        : ICell<T> where F : struct, IUnary where T : unmanaged
    {
        public int Arrays => 3;

        public (nint, int) Array(int i) => ((nint)(i == 0 ? h : i == 1 ? dy : dx).Pointer, hidden);

        [MethodImpl(Compiled.Alone)]
        public void Units<V, S>(int row, int j, int count, T* products, int next) where V : struct, ISimd<V, T> where S : struct, ISize
        {
            long at = (long)row * hidden + j;
            V slope = Load<V, S, T>(dy.Pointer + at, count), y = Load<V, S, T>(h.Pointer + at, count);
            if (products is not null) slope += MatMul.Load<T, V>(products);
            Store<V, S, T>(slope * f.Slope(y, y), dx.Pointer + at, count);
        }
    }
}
