using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.MaxPool"/>
public static class MaxPool
{
    /// <summary>
    /// places[r, o] = the first of windows[o, 0], windows[o, 1], … at which row r of x, n numbers, is largest, and y[r, o] what is there; the
    /// last NaN wins. Places of −1 are none. A thread takes a place.
    /// </summary>
    public static void Forward(ArrayView<float> x, ArrayView<int> windows, ArrayView<float> y, ArrayView<int> places, int n, int count, int most)
    {
        for (int i = Threads.First; i < places.IntLength; i += Threads.All)
        {
            int row = i / count, window = (i - row * count) * most, best = -1;
            float largest = float.NegativeInfinity;
            for (int k = 0; k < most; k++)
            {
                int place = windows[window + k];
                if (place < 0) continue;
                float value = x[row * n + place];
                if (best < 0 || value > largest || float.IsNaN(value))
                {
                    best = place;
                    largest = value;
                }
            }
            places[i] = best;
            y[i] = largest;
        }
    }
}
