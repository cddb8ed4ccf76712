using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// yᵢ = Σⱼ aᵢⱼ bᵢⱼ over rows of n numbers, in blocks whose sums are added up in double precision, so that rounding errors do not grow with
/// n. Items are rows.
/// </summary>
public readonly struct Dots<T>(View<T> a, View<T> b, View<T> y, int n) : IKernel<T> where T : unmanaged
{
    const int Block = 1024;

    [MethodImpl(Compiled.Alone)]
    public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
    {
        for (int i = from; i < to; i++)
        {
            var (x, z) = (a.Row(i, n), b.Row(i, n));
            double sum = 0;
            for (int j = 0; j < n; j += Block)
                sum += Number.Double(Rows.Dot<V, T>(x.Slice(j, Math.Min(Block, n - j)), z.Slice(j, Math.Min(Block, n - j))));
            y[i] = Number.Of<T>(sum);
        }
    }
}
