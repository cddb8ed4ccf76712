using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class MatMul
{
    /// <summary>
    /// What a product goes on through, c ← f(c): each tile of c as soon as it has got its last block of k, for then it lies in the nearest
    /// cache, and an activation costs its arithmetic alone, no further way to memory and back. The product's own code knows nothing of f,
    /// and is compiled once for all.
    /// </summary>
    public abstract class Epilogue<T> where T : unmanaged
    {
        /// <summary>In registers of type V; a delegate, as to look up a generic method for each tile would take too long.</summary>
        internal abstract Finish<T> In<V>() where V : struct, ISimd<V, T>;
    }

    /// <summary>c ← f(c) for a part of c, whose rows lie <paramref name="row"/> apart.</summary>
    internal delegate void Finish<T>(T* c, nint row, int rows, int columns) where T : unmanaged;

    /// <summary>cᵢⱼ ← f(cᵢⱼ).</summary>
    public sealed class Epilogue<F, T>(F f) : Epilogue<T> where F : struct, IUnary where T : unmanaged
    {
        internal override Finish<T> In<V>() => Run<V>;

        [MethodImpl(Compiled.Alone)]
        void Run<V>(T* c, nint row, int rows, int columns) where V : struct, ISimd<V, T> =>
            Map.Rows<F, V, T>(f, c, c, row, rows, columns);
    }
}
