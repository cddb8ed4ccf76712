using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>Index expressions as positions in row-major memory.</summary>
public static class Positions
{
    /// <summary>
    /// at += stride · index, where an index −size ≤ i &lt; 0 counts from the end. The index steps through the layout's sizes by its
    /// strides a. Items are the layout's rows.
    /// </summary>
    public readonly struct Add(View<int> index, View<int> at, Layout layout, int size, int stride) : IScalarKernel
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            int step = layout.Step.A;
            var walk = layout.From(from);
            for (int row = from; row < to; row++, walk.Next())
                for (int i = 0, a = walk.A; i < walk.Length; i++, a += step)
                    at[walk.Y + i] += stride * (index[a] < 0 ? index[a] + size : index[a]);
        }
    }

    /// <summary>last[p] = the last i with at[i] = p, for every p that is one of the positions. A single item.</summary>
    public readonly struct Last(View<int> at, View<int> last, int count) : IScalarKernel
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            for (int i = 0; i < count; i++) last[at[i]] = i;
        }
    }
}
