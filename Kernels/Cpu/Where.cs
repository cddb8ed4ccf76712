using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>A choice between two operands.</summary>
public static unsafe class Where
{
    /// <summary>
    /// y = condition ? a : b, for numbers of any type; the condition steps by the layout's strides c. Items are the layout's rows.
    /// </summary>
    public readonly struct Forward<T>(View<byte> condition, View<T> a, View<T> b, View<T> y, Layout layout)
        : IScalarKernel where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            var (stepA, stepB, stepC) = layout.Step;
            var walk = layout.From(from);
            for (int row = from; row < to; row++, walk.Next())
            {
                T* atA = a.Pointer + walk.A, atB = b.Pointer + walk.B, atY = y.Pointer + walk.Y;
                byte* atC = condition.Pointer + walk.C;
                for (int i = 0; i < walk.Length; i++, atA += stepA, atB += stepB, atC += stepC) atY[i] = *atC != 0 ? *atA : *atB;
            }
        }
    }
}
