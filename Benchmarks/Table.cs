using System.Text;

namespace NanoAttention.Benchmarks;

/// <summary>A table that reads well both as text and as Markdown. Columns after the first few stand at the right.</summary>
sealed class Table(int texts, params IReadOnlyList<string> headers)
{
    readonly List<IReadOnlyList<string>> rows = [];

    public void Add(params IReadOnlyList<string> cells)
    {
        if (cells.Count != headers.Count) throw new ArgumentException($"Table: {cells.Count} cells for {headers.Count} columns");
        rows.Add([.. cells.Select(cell => cell.Replace("|", "\\|"))]);
    }

    public override string ToString()
    {
        int[] widths = [.. headers.Select((header, c) => Math.Max(3, rows.Select(row => row[c].Length).Append(header.Length).Max()))];
        var text = new StringBuilder();
        Line(headers);
        text.Append('|').AppendJoin('|', widths.Select((width, c) => c < texts ? $" {new string('-', width)} " : $" {new string('-', width - 1)}: ")).AppendLine("|");
        foreach (var row in rows) Line(row);
        return text.ToString();

        void Line(IReadOnlyList<string> cells) =>
            text.Append('|').AppendJoin('|', cells.Select((cell, c) => $" {(c < texts ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))} ")).AppendLine("|");
    }
}
