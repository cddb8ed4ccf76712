using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>y = x where both step through the layout's sizes, x by its strides a and y by b. Items are the layout's rows.</summary>
public readonly unsafe struct CopyInto<T>(View<T> x, View<T> y, Layout layout) : IScalarKernel where T : unmanaged
{
    [MethodImpl(Compiled.Alone)]
    public void Run(int from, int to)
    {
        var (stepX, stepY, _) = layout.Step;
        var walk = layout.From(from);
        for (int row = from; row < to; row++, walk.Next())
        {
            T* source = x.Pointer + walk.A, target = y.Pointer + walk.B;
            if (stepX == 1 && stepY == 1) new Span<T>(source, walk.Length).CopyTo(new Span<T>(target, walk.Length));
            else
                for (int i = 0; i < walk.Length; i++, source += stepX, target += stepY) *target = *source;
        }
    }
}
