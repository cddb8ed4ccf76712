using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// A kernel: what one worker does to items <c>from ≤ i &lt; to</c>, in registers of type V. A device decides how many workers run,
/// and how wide V is. Items are independent, so the result does not depend on how they are shared out.
/// </summary>
public interface IKernel<T> where T : unmanaged
{
    void Run<V>(int from, int to) where V : struct, ISimd<V, T>;
}

/// <summary>A kernel that moves numbers of any type about, or works one number at a time, and needs no lane.</summary>
public interface IScalarKernel
{
    void Run(int from, int to);
}

/// <summary>How kernels are compiled.</summary>
static class Compiled
{
    /// <summary>
    /// By itself and optimised from its first call. Inlined into its caller a kernel would share that small method's allowance of inlining,
    /// which the formulas of a lane soon exhaust: then every addition becomes a call.
    /// </summary>
    public const MethodImplOptions Alone = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;
}
