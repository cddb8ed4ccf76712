using System.Numerics;
using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// The means of windows, whose numbers are some rows of a plane times some of its columns (<see cref="PoolShape"/>). Rows are added up
/// first, whole registers at a time, then the columns of the one row they leave.
/// </summary>
public static unsafe class AvgPool
{
    // a list with more places is added up by itself
    const int Short = 8;

    /// <summary>
    /// y[p, i, j] = Σ x[p, r, c] / (rowCounts[i] columnCounts[j]) over the rows r and columns c of window (i, j). Items are rows of y.
    /// </summary>
    public readonly struct Forward<T>(View<T> x, View<int> rows, View<int> columns, View<T> rowCounts, View<T> columnCounts, View<T> y,
        PoolShape shape) : IKernel<T> where T : unmanaged, INumber<T>
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            var counts = columnCounts.Slice(0, shape.Columns);
            PlaceSums<T> sums = new(columns, shape.Columns, shape.Width);
            for (int item = from; item < to; item++)
            {
                var (plane, i) = Math.DivRem(item, shape.Rows);
                Terms terms = new(x.Row(plane, shape.Height * shape.Width), rows.Pointer + rows[i], shape.Width);
                new ColumnFold<Sum, Terms, T>(default, terms, rows[i + 1] - rows[i]).Run<V>(0, sums.Line);
                var means = y.Row(item, shape.Columns);
                sums.Run<V>(means);
                V count = V.Broadcast(rowCounts[i]);
                for (int j = 0; j < shape.Columns; j += V.Count)
                    Rows.StoreUpTo(Rows.LoadUpTo<V, T>(means, j, default) / (count * Rows.LoadUpTo<V, T>(counts, j, T.One)), means, j);
            }
        }

        // row k of a window
        readonly struct Terms(View<T> plane, int* rows, int width) : IColumns<T>
        {
            public V At<V>(int k, int column) where V : struct, ISimd<V, T> => V.Load(plane.Row(rows[k], width), column);
            public V Part<V>(int k, int column, int count) where V : struct, ISimd<V, T> =>
                V.LoadPart(plane.Row(rows[k], width), column, count, default);
        }
    }

    /// <summary>
    /// dx[p, r, c] = Σ dy[p, i, j] / (rowCounts[i] columnCounts[j]) over the windows (i, j) of row r and column c. Items are rows of dx.
    /// </summary>
    public readonly struct Backward<T>(View<T> dy, View<int> rows, View<int> columns, View<T> rowCounts, View<T> columnCounts, View<T> dx,
        PoolShape shape) : IKernel<T> where T : unmanaged, INumber<T>
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            PlaceSums<T> sums = new(columns, shape.Width, shape.Columns);
            for (int item = from; item < to; item++)
            {
                var (plane, r) = Math.DivRem(item, shape.Height);
                int* windows = rows.Pointer + rows[r];
                int count = rows[r + 1] - rows[r];
                var gradient = dx.Row(item, shape.Width);
                if (item > from && r > 0 && new Span<int>(rows.Pointer + rows[r - 1], rows[r] - rows[r - 1]).SequenceEqual(new(windows, count)))
                {
                    dx.Row(item - 1, shape.Width).Span.CopyTo(gradient.Span);       // a row of the same windows
                    continue;
                }
                Terms terms = new(dy.Row(plane, shape.Rows * shape.Columns), windows, rowCounts, columnCounts, shape.Columns);
                new ColumnFold<Sum, Terms, T>(default, terms, count).Run<V>(0, sums.Line);
                sums.Run<V>(gradient);
            }
        }

        // row k of windows, each divided by its counts
        readonly struct Terms(View<T> plane, int* rows, View<T> rowCounts, View<T> columnCounts, int width) : IColumns<T>
        {
            public V At<V>(int k, int column) where V : struct, ISimd<V, T> =>
                V.Load(plane.Row(rows[k], width), column) / (V.Broadcast(rowCounts[rows[k]]) * V.Load(columnCounts, column));
            public V Part<V>(int k, int column, int count) where V : struct, ISimd<V, T> =>
                V.LoadPart(plane.Row(rows[k], width), column, count, default)
                / (V.Broadcast(rowCounts[rows[k]]) * V.LoadPart(columnCounts, column, count, T.One));
        }
    }

    /// <summary>
    /// Sums of some numbers of a line, as lists say. Short lists are laid side by side, place k of each at [k, j], so that the sums do not
    /// wait for each other; what is absent is a 0 behind the line.
    /// </summary>
    readonly struct PlaceSums<T> where T : unmanaged, INumber<T>
    {
        readonly int* lists, table;
        readonly int count, longest;

        /// <summary>Memory for its numbers is at <c>Line</c>.</summary>
        public PlaceSums(View<int> lists, int count, int width)
        {
            this.lists = lists.Pointer;
            (this.count, longest) = (count, 1);
            for (int j = 0; j < count; j++) longest = Math.Max(longest, lists[j + 1] - lists[j]);
            int cells = longest <= Short ? longest * count : 0;
            var memory = Scratch<PlaceSums<T>>.Take<T>(width + 1 + ((long)cells * sizeof(int) + sizeof(T) - 1) / sizeof(T));
            Line = new(memory, width);
            memory[width] = T.Zero;
            table = (int*)(memory + width + 1);
            for (int i = 0; i < cells; i++)
            {
                var (k, j) = Math.DivRem(i, count);
                table[i] = lists[j] + k < lists[j + 1] ? lists[lists[j] + k] : width;
            }
        }

        public View<T> Line { get; }

        /// <summary>sums[j] = Σ line[k] over the places k of list j.</summary>
        public void Run<V>(View<T> sums) where V : struct, ISimd<V, T>
        {
            T* line = Line.Pointer, y = sums.Pointer;
            if (longest > Short)
            {
                for (int j = 0; j < count; j++) y[j] = Long<V>(lists + lists[j], lists[j + 1] - lists[j]);
                return;
            }
            for (int j = 0; j < count; j++) y[j] = line[table[j]];
            for (int* at = table + count; at < table + longest * count; at += count)
                for (int j = 0; j < count; j++) y[j] += line[at[j]];
        }

        T Long<V>(int* places, int n) where V : struct, ISimd<V, T>
        {
            if (n > 0 && places[n - 1] - places[0] == n - 1) return Rows.Total<V, T>(Line.Slice(places[0], n));
            var sum = T.Zero;
            for (int k = 0; k < n; k++) sum += Line[places[k]];
            return sum;
        }
    }
}
