using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NanoAttention.Kernels.Cpu;

/// <summary>The largest numbers of windows of any form: each window is a list of places.</summary>
public static class MaxPool
{
    /// <summary>
    /// places[r, o] = the first of windows[o, 0], windows[o, 1], … at which row r of x, n numbers, is largest, and y[r, o] what is there;
    /// the last NaN wins. Places of −1 are none; each of the <paramref name="count"/> windows has at least one, and at most
    /// <paramref name="most"/>. Which number is larger nobody can foretell: a choice between registers, not a branch. Items are rows.
    /// </summary>
    public readonly struct Forward<T>(View<T> x, View<int> windows, View<T> y, View<int> places, int n, int count, int most) : IScalarKernel
        where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public unsafe void Run(int from, int to)
        {
            for (int r = from; r < to; r++)
            {
                T* row = x.Pointer + (long)r * n, ys = y.Pointer + (long)r * count;
                int* at = places.Pointer + (long)r * count, window = windows.Pointer;
                for (int o = 0; o < count; o++, window += most)
                {
                    int k = 0;
                    while (window[k] < 0) k++;
                    var best = Vector128.CreateScalarUnsafe(window[k]);
                    var largest = Vector128.CreateScalarUnsafe(row[window[k]]);
                    for (k++; k < most; k++)
                    {
                        int place = window[k];
                        if (place < 0) continue;
                        var value = Vector128.CreateScalarUnsafe(row[place]);
                        var larger = Vector128.GreaterThan(value, largest) | ~Vector128.Equals(value, value);
                        best = Vector128.ConditionalSelect(larger.AsInt32(), Vector128.CreateScalarUnsafe(place), best);
                        largest = Vector128.ConditionalSelect(larger, value, largest);
                    }
                    (at[o], ys[o]) = (best.ToScalar(), largest.ToScalar());
                }
            }
        }
    }

    /// <summary>
    /// dx[r, places[r, o]] += dy[r, o], the rest 0: a row has n numbers and <paramref name="count"/> places. Items are rows.
    /// </summary>
    public readonly struct Backward<T>(View<T> dy, View<int> places, View<T> dx, int n, int count)
        : IScalarKernel where T : unmanaged, INumber<T>
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            for (int r = from; r < to; r++)
            {
                var row = dx.Row(r, n).Span;
                row.Clear();
                View<T> gradient = dy.Row(r, count);
                View<int> at = places.Row(r, count);
                for (int o = 0; o < count; o++) row[at[o]] += gradient[o];
            }
        }
    }
}
