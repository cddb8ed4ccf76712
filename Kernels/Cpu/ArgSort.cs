using System.Buffers;
using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>The order of the numbers along one axis: x and y are (outer, n, inner).</summary>
public static class ArgSort
{
    /// <summary>
    /// y[o, k, j] = the i of the k-th smallest (or largest) x[o, i, j]; equal ones in the order of their places, NaN above all. Items are
    /// columns.
    /// </summary>
    public readonly struct Forward<T>(View<T> x, View<int> y, int n, int inner, bool descending) : IScalarKernel where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            double[] keys = ArrayPool<double>.Shared.Rent(n);
            int[] order = ArrayPool<int>.Shared.Rent(n);
            for (int column = from; column < to; column++)
            {
                int start = column / inner * n * inner + column % inner;
                for (int i = 0; i < n; i++) (keys[i], order[i]) = (Number.Double(x[start + i * inner]), i);
                order.AsSpan(0, n).Sort(new ByKey(keys, descending));
                for (int i = 0; i < n; i++) y[start + i * inner] = order[i];
            }
            ArrayPool<double>.Shared.Return(keys);
            ArrayPool<int>.Shared.Return(order);
        }
    }

    readonly struct ByKey(double[] keys, bool descending) : IComparer<int>
    {
        public int Compare(int i, int j)
        {
            double a = keys[i], b = keys[j];
            int order = a < b ? -1 : a > b ? 1 : a == b ? 0 : double.IsNaN(a).CompareTo(double.IsNaN(b));
            return order == 0 ? i.CompareTo(j) : descending ? -order : order;
        }
    }
}
