using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>The numbers of overlapping windows added up where they lie: what reading windows is the transpose of.</summary>
public static class OverlapAdd
{
    /// <summary>
    /// y[a, m, j, i] = Σₖ x[a, k, m, o, i] over the windows o with o · stride − before + k · dilation = j, in the order of k. Items are
    /// rows (a, m) of y.
    /// </summary>
    public readonly struct Forward<T>(View<T> x, View<T> y, OverlapShape shape) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int item = from; item < to; item++)
            {
                var row = y.Row(item, shape.Size * shape.Inner);
                row.Span.Clear();
                for (int k = 0; k < shape.Kernel; k++)
                {
                    int part = (item / shape.Middle * shape.Kernel + k) * shape.Middle + item % shape.Middle;
                    Add<V>(row, x.Row(part, shape.Windows * shape.Inner), k * shape.Dilation - shape.Before);
                }
            }
        }

        // number o of part belongs to start + o · stride of row, if that is there
        void Add<V>(View<T> row, View<T> part, int start) where V : struct, ISimd<V, T>
        {
            int inner = shape.Inner, stride = shape.Stride;
            int first = start >= 0 ? 0 : (-start + stride - 1) / stride;
            int end = start >= shape.Size ? 0 : Math.Min(shape.Windows, (shape.Size - 1 - start) / stride + 1);
            int count = (end - first) * inner;
            if (first >= end) return;
            if (stride == 1) Rows.Add<V, T>(row.Slice((start + first) * inner, count), part.Slice(first * inner, count));
            else if (inner > 1)
                for (int o = first; o < end; o++) Rows.Add<V, T>(row.Row(start + o * stride, inner), part.Row(o, inner));
            else
                for (int o = first; o < end; o++)
                    row[start + o * stride] = Number.Of<T>(Number.Double(row[start + o * stride]) + Number.Double(part[o]));
        }
    }
}
