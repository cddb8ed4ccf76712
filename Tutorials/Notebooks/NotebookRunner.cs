using System.Diagnostics;
using System.Text.Json.Nodes;

namespace NanoAttention.Tutorials;

/// <summary>Executes a notebook's code cells in order.</summary>
public static class NotebookRunner
{
    /// <summary>
    /// Runs every code cell and stores its outputs in <paramref name="notebook"/>, which is touched only when all
    /// cells have run. All run on one thread of their own, so that ambient settings last from cell to cell and end
    /// with the notebook.
    /// </summary>
    /// <param name="log">Gets a line for each cell: its number and time.</param>
    /// <exception cref="NotebookException">A cell failed: its number, line and message.</exception>
    /// <exception cref="OperationCanceledException">Stopped between two cells.</exception>
    public static void Run(Notebook notebook, TextWriter log, CancellationToken stop)
    {
        foreach (var (cell, outputs) in Execute(notebook, log, stop))
            cell.SetOutputs(outputs);
    }

    /// <summary>The code cells with what each shows now; the notebook keeps the stored outputs.</summary>
    internal static List<(NotebookCell Cell, JsonArray Outputs)> Execute(
        Notebook notebook, TextWriter log, CancellationToken stop) =>
        Task.Factory.StartNew(
            () => ExecuteHere(notebook, log, stop),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).GetAwaiter().GetResult();

    static List<(NotebookCell Cell, JsonArray Outputs)> ExecuteHere(
        Notebook notebook, TextWriter log, CancellationToken stop)
    {
        var session = new CellSession();
        var shown = new List<(NotebookCell, JsonArray)>();
        var cells = notebook.Cells.Where(cell => cell.IsCode).ToList();
        foreach (var cell in cells)
        {
            stop.ThrowIfCancellationRequested();
            var clock = Stopwatch.StartNew();
            shown.Add((cell, session.Run(cell)));
            log.WriteLine($"  cell [{cell.Number}] of {cells.Count}: {clock.Elapsed.TotalSeconds:F1} s");
        }
        return shown;
    }
}
