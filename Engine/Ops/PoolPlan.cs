using NanoAttention.Kernels;

namespace NanoAttention;

/// <summary>Which numbers of a plane the windows of an average pooling have, and by what their sums are divided.</summary>
sealed class PoolPlan
{
    readonly int[][] rows, columns;

    /// <param name="rows">The rows of each row of windows.</param>
    /// <param name="columns">The columns of each column of windows.</param>
    /// <param name="rowCounts">A sum is divided by the product of its window's two counts.</param>
    /// <param name="columnCounts">See <paramref name="rowCounts"/>.</param>
    public PoolPlan(int height, int width, int[][] rows, int[][] columns, Tensor rowCounts, Tensor columnCounts)
    {
        (this.rows, this.columns, RowCounts, ColumnCounts) = (rows, columns, rowCounts, columnCounts);
        Shape = new(height, width, rows.Length, columns.Length);
        (Rows, Columns) = (Lists(rows), Lists(columns));
    }

    public PoolShape Shape { get; }
    public Tensor Rows { get; }
    public Tensor Columns { get; }
    public Tensor RowCounts { get; }
    public Tensor ColumnCounts { get; }

    /// <summary>The windows of each row and of each column.</summary>
    public (Tensor Rows, Tensor Columns) TurnedRound() => (Lists(TurnedRound(rows, Shape.Height)), Lists(TurnedRound(columns, Shape.Width)));

    // where each list begins and the last ends, and the lists
    Tensor Lists(int[][] lists)
    {
        var all = new List<int>(lists.Length + 1) { lists.Length + 1 };
        foreach (int[] list in lists) all.Add(all[^1] + list.Length);
        foreach (int[] list in lists) all.AddRange(list);
        return Tensor.From(all.ToArray(), [all.Count], RowCounts.Device);
    }

    static int[][] TurnedRound(int[][] windows, int places)
    {
        var of = new List<int>[places];
        for (int i = 0; i < places; i++) of[i] = [];
        for (int o = 0; o < windows.Length; o++)
            foreach (int place in windows[o]) of[place].Add(o);
        return Array.ConvertAll(of, list => list.ToArray());
    }
}
