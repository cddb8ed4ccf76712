using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>yᵢ = value. Items are elements.</summary>
public readonly struct Fill<T>(View<T> y, T value) : IScalarKernel where T : unmanaged
{
    [MethodImpl(Compiled.Alone)]
    public void Run(int from, int to) => y.Slice(from, to - from).Span.Fill(value);
}
