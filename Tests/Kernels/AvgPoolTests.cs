using System.Numerics;
using Xunit;
using static NanoAttention.Tests.Kernels.KernelRun;
using K = NanoAttention.Kernels.Cpu;

namespace NanoAttention.Tests.Kernels;

/// <summary>Means of windows of any rows and columns, none and all included, in every width of registers and cut at odd places.</summary>
public class AvgPoolTests
{
    [Theory]
    [InlineData(4, 5, 2, 3, 2)]
    [InlineData(1, 1, 1, 1, 1)]
    [InlineData(9, 33, 7, 20, 3)]
    [InlineData(40, 67, 3, 2, 40)]          // windows longer than those laid side by side, of neighbours and not
    [InlineData(3, 50, 70, 131, 9)]         // more windows than places
    public void Means_are_those_of_plain_loops(int height, int width, int rows, int columns, int longest)
    {
        Check<float>(DType.F32);
        Check<double>(DType.F64);

        void Check<T>(DType type) where T : unmanaged, IFloatingPointIeee754<T>
        {
            const int Planes = 3;
            Random random = new(height + width);
            int[][] inRows = Lists(height, rows), inColumns = Lists(width, columns);
            double[] rowCounts = [.. inRows.Select(list => list.Length + 1.0)], columnCounts = [.. inColumns.Select(list => list.Length + 2.0)];
            PoolPlan plan = new(height, width, inRows, inColumns, Tensor.Of(rowCounts, [rows], type), Tensor.Of(columnCounts, [columns], type));
            T[] x = Normal<T>(Planes * height * width, 1), dy = Normal<T>(Planes * rows * columns, 2);
            T[] y = Array<T>(dy.Length), dx = Array<T>(x.Length);
            double[] means = new double[y.Length], gradient = new double[x.Length];
            for (int at = 0; at < means.Length; at++)
                foreach (int r in inRows[at / columns % rows])
                    foreach (int c in inColumns[at % columns])
                    {
                        int from = (at / columns / rows * height + r) * width + c;
                        double count = rowCounts[at / columns % rows] * columnCounts[at % columns];
                        means[at] += double.CreateChecked(x[from]) / count;
                        gradient[from] += double.CreateChecked(dy[at]) / count;
                    }

            double tolerance = Rounding<T>() * longest;
            var (turnedRows, turnedColumns) = plan.TurnedRound();
            K.View<T> countsR = CpuDevice.View<T>(plan.RowCounts), countsC = CpuDevice.View<T>(plan.ColumnCounts);
            KernelRun.Check(new K.AvgPool.Forward<T>(View(x), CpuDevice.View<int>(plan.Rows), CpuDevice.View<int>(plan.Columns),
                countsR, countsC, View(y), plan.Shape), Planes * rows, y, i => means[i], tolerance);
            KernelRun.Check(new K.AvgPool.Backward<T>(View(dy), CpuDevice.View<int>(turnedRows), CpuDevice.View<int>(turnedColumns),
                countsR, countsC, View(dx), plan.Shape), Planes * height, dx, i => gradient[i], tolerance);

            // some empty, some of neighbours, some of any places
            int[][] Lists(int places, int count) => [.. Enumerable.Range(0, count).Select(i =>
            {
                int n = random.Next(0, Math.Min(longest, places) + 1), start = random.Next(0, places - n + 1);
                return i % 2 == 0 ? [.. Enumerable.Range(start, n)]
                    : (int[])[.. Enumerable.Range(0, places).OrderBy(_ => random.Next()).Take(n).Order()];
            })];
        }
    }
}
