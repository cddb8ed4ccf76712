using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>Where the largest numbers of windows are, for windows of any form: each is a list of places.</summary>
public static class MaxPool
{
    /// <summary>
    /// places[r, o] = the first of windows[o, 0], windows[o, 1], … at which row r of x, n numbers, is largest; the last NaN wins. Places of
    /// −1 are none; each of the <paramref name="count"/> windows has at least one, and at most <paramref name="most"/>. Items are places.
    /// </summary>
    public readonly struct Places<T>(View<T> x, View<int> windows, View<int> places, int n, int count, int most) : IScalarKernel
        where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                var (row, window) = (x.Row(i / count, n), windows.Row(i % count, most));
                int best = -1;
                double largest = double.NegativeInfinity;
                foreach (int place in window.Span)
                {
                    if (place < 0) continue;
                    double value = Number.Double(row[place]);
                    if (best < 0 || value > largest || double.IsNaN(value)) (best, largest) = (place, value);
                }
                places[i] = best;
            }
        }
    }
}
