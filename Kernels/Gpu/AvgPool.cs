using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.AvgPool"/>
public static class AvgPool
{
    /// <summary>y[p, i, j] = Σ x[p, r, c] / (rowCounts[i] columnCounts[j]). A thread takes one of y.</summary>
    public static void Forward(ArrayView<float> x, ArrayView<int> rows, ArrayView<int> columns, ArrayView<float> rowCounts,
        ArrayView<float> columnCounts, ArrayView<float> y, PoolShape shape)
    {
        for (int item = Threads.First; item < y.IntLength; item += Threads.All)
        {
            int row = item / shape.Columns, j = item - row * shape.Columns;
            int plane = row / shape.Rows, i = row - plane * shape.Rows;
            float sum = 0;
            for (int r = rows[i]; r < rows[i + 1]; r++)
                for (int c = columns[j]; c < columns[j + 1]; c++)
                    sum += x[(plane * shape.Height + rows[r]) * shape.Width + columns[c]];
            y[item] = sum / (rowCounts[i] * columnCounts[j]);
        }
    }

    /// <summary>dx[p, r, c] = Σ dy[p, i, j] / (rowCounts[i] columnCounts[j]). A thread takes one of dx.</summary>
    public static void Backward(ArrayView<float> dy, ArrayView<int> rows, ArrayView<int> columns, ArrayView<float> rowCounts,
        ArrayView<float> columnCounts, ArrayView<float> dx, PoolShape shape)
    {
        for (int item = Threads.First; item < dx.IntLength; item += Threads.All)
        {
            int row = item / shape.Width, c = item - row * shape.Width;
            int plane = row / shape.Height, r = row - plane * shape.Height;
            float sum = 0;
            for (int i = rows[r]; i < rows[r + 1]; i++)
                for (int j = columns[c]; j < columns[c + 1]; j++)
                    sum += dy[(plane * shape.Rows + rows[i]) * shape.Columns + columns[j]] / (rowCounts[rows[i]] * columnCounts[columns[j]]);
            dx[item] = sum;
        }
    }
}
