using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Gather"/>
public static class Gather
{
    /// <summary>
    /// y[i] = table[indices[i]], rows of n numbers of any type; a row of what is given for missing where the index is none of the table's
    /// rows.
    /// </summary>
    public static void Rows<T>(ArrayView<T> table, ArrayView<int> indices, ArrayView<T> y, int n, T missing) where T : unmanaged
    {
        int tableRows = table.IntLength / n;
        for (int i = Threads.First; i < y.IntLength; i += Threads.All)
        {
            int position = i / n, row = indices[position];
            y[i] = row >= 0 && row < tableRows ? table[row * n + i - position * n] : missing;
        }
    }

    /// <summary>How many positions a thread of <see cref="Continued"/> sums.</summary>
    public const int Segment = 32;

    /// <summary>
    /// The first of two stages of dtable[r] = Σ dy[i] over the positions i whose index is r, in order of position: <paramref name="order"/>
    /// has equal indices beside each other, in runs, and every 32 places a segment begins. sums[s] = Σ dy over what a run has of segment s,
    /// if it began before: long runs then keep many threads busy. A thread takes a number of a segment.
    /// </summary>
    public static void Continued(ArrayView<float> dy, ArrayView<int> indices, ArrayView<int> order, ArrayView<float> sums, int n)
    {
        for (int i = Threads.First; i < sums.IntLength; i += Threads.All)
        {
            int segment = i / n, j = i - segment * n, place = segment * Segment;
            if (place > 0 && indices[order[place]] == indices[order[place - 1]]) sums[i] = Run(dy, indices, order, place, n, j);
        }
    }

    /// <summary>The second: each run's first part, and then its segments. A thread takes a number of a place; runs of other indices than the table's are left out.</summary>
    public static void ScatterAdd(ArrayView<float> dy, ArrayView<int> indices, ArrayView<int> order, ArrayView<float> sums, ArrayView<float> dtable, int n)
    {
        int count = indices.IntLength, rows = dtable.IntLength / n;
        for (int i = Threads.First; i < count * n; i += Threads.All)
        {
            int place = i / n, j = i - place * n, row = indices[order[place]];
            if (row < 0 || row >= rows || place > 0 && indices[order[place - 1]] == row) continue;
            float sum = Run(dy, indices, order, place, n, j);
            for (int segment = place / Segment + 1; segment * Segment < count && indices[order[segment * Segment]] == row; segment++) sum += sums[segment * n + j];
            dtable[row * n + j] = sum;
        }
    }

    // Σ dy[·, j] over the places from one on that have its index, up to the segment's end
    static float Run(ArrayView<float> dy, ArrayView<int> indices, ArrayView<int> order, int place, int n, int j)
    {
        int row = indices[order[place]], end = Math.Min((place / Segment + 1) * Segment, indices.IntLength);
        float sum = 0;
        for (int k = place; k < end && indices[order[k]] == row; k++) sum += dy[order[k] * n + j];
        return sum;
    }
}
