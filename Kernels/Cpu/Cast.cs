using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>y = x in another type.</summary>
public static class Cast
{
    /// <summary>
    /// yᵢ = xᵢ: rounded for float, cut towards zero and clamped for int, x ≠ 0 for byte (a truth value). Items are elements.
    /// </summary>
    public readonly struct Forward<TFrom, TTo>(View<TFrom> x, View<TTo> y) : IScalarKernel where TFrom : unmanaged where TTo : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++) y[i] = Number.Of<TTo>(Number.Double(x[i]));
        }
    }
}
