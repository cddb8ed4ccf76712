using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Where the extreme of an axis is: x is (outer, n, inner), y (outer, inner). The first on ties; the first NaN wins. Items are outputs.
/// </summary>
public static class ArgReduce
{
    /// <summary>y[o, j] = the i of the largest x[o, i, j].</summary>
    public readonly struct Largest<T>(View<T> x, View<int> y, int n, int inner) : IScalarKernel where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++) y[i] = First(x, i / inner * n * inner + i % inner, n, inner, 1);
        }
    }

    /// <summary>y[o, j] = the i of the smallest x[o, i, j].</summary>
    public readonly struct Smallest<T>(View<T> x, View<int> y, int n, int inner) : IScalarKernel where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++) y[i] = First(x, i / inner * n * inner + i % inner, n, inner, -1);
        }
    }

    // the first i with the largest sign · x[start + i step]
    static int First<T>(View<T> x, int start, int n, int step, double sign) where T : unmanaged
    {
        int best = 0;
        double largest = double.NegativeInfinity;
        for (int i = 0, at = start; i < n; i++, at += step)
        {
            double value = sign * Number.Double(x[at]);
            if (double.IsNaN(value)) return i;
            if (value > largest) (best, largest) = (i, value);
        }
        return best;
    }
}
