using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Gather"/>
public static class Gather
{
    /// <summary>y[i] = table[indices[i]], rows of n numbers of any type; a row of what is given for missing where the index is none of the table's rows.</summary>
    public static void Rows<T>(ArrayView<T> table, ArrayView<int> indices, ArrayView<T> y, int n, T missing) where T : unmanaged
    {
        int tableRows = table.IntLength / n;
        for (int i = Threads.First; i < y.IntLength; i += Threads.All)
        {
            int position = i / n, row = indices[position];
            bool known = (row >= 0) & (row < tableRows);
            y[i] = Utilities.Select(known, table[Utilities.Select(known, row, 0) * n + i - position * n], missing);
        }
    }

    /// <summary>
    /// Sorts the positions 0, 1, … by their index, keeping equal ones in order: a position's place is the number of smaller indices and of
    /// equal ones before it. Quadratic, yet a thousandth of a second for ten thousand: all threads read the same index at once.
    /// </summary>
    public static void Sort(ArrayView<int> indices, ArrayView<int> order)
    {
        int count = indices.IntLength;
        for (int i = Threads.First; i < count; i += Threads.All)
        {
            int mine = indices[i], place = 0;
            for (int j = 0; j < count; j++)
            {
                int other = indices[j];
                place += Utilities.Select((other < mine) | ((other == mine) & (j < i)), 1, 0);
            }
            order[place] = i;
        }
    }

    /// <summary>
    /// dtable[r] += Σ dy[i] over the positions i whose index is r, in order of position. A group takes the place in <see cref="Sort"/>'s
    /// order where a run of equal indices begins, so two groups never add to the same row. Indices outside the table are left out.
    /// </summary>
    public static void ScatterAdd(ArrayView<float> dy, ArrayView<int> indices, ArrayView<int> order, ArrayView<float> dtable, int n)
    {
        int count = indices.IntLength, tableRows = dtable.IntLength / n;
        for (int place = Grid.IdxX; place < count; place += Grid.DimX)
        {
            int row = indices[order[place]];
            bool first = place == 0 || indices[order[place - 1]] != row;
            if (!first || row < 0 || row >= tableRows) continue;
            for (int j = Group.IdxX; j < n; j += Group.DimX)
            {
                float sum = dtable[row * n + j];
                for (int k = place; k < count && indices[order[k]] == row; k++) sum += dy[order[k] * n + j];
                dtable[row * n + j] = sum;
            }
        }
    }
}
