namespace NanoAttention.Tutorials;

/// <summary>The verbs <c>notebook run</c> and <c>notebook check</c>.</summary>
public static class NotebookVerbs
{
    const int Ok = 0, Failed = 1, Stopped = 130;

    /// <summary>
    /// Executes each file and writes its outputs back. A file with a failing cell stays as it was, and the others
    /// still run.
    /// </summary>
    /// <returns>0; 1 where a file failed; 130 where <paramref name="stop"/> ended the work between two cells.</returns>
    public static int Run(IReadOnlyList<string> files, TextWriter log, TextWriter errors, CancellationToken stop) =>
        Each("run", files, log, errors, stop, (file, notebook) =>
        {
            NotebookRunner.Run(notebook, log, stop);
            notebook.Save(file);
        });

    /// <summary>
    /// Executes each file and compares with its stored outputs as <see cref="NotebookCheck"/> says; writes nothing.
    /// </summary>
    /// <returns>
    /// 0; 1 where a file failed or differs; 130 where <paramref name="stop"/> ended the work between two cells.
    /// </returns>
    public static int Check(IReadOnlyList<string> files, TextWriter log, TextWriter errors, CancellationToken stop) =>
        Each("check", files, log, errors, stop, (_, notebook) => NotebookCheck.Run(notebook, log, stop));

    static int Each(
        string verb, IReadOnlyList<string> files, TextWriter log, TextWriter errors, CancellationToken stop,
        Action<string, Notebook> work)
    {
        var failed = 0;
        foreach (var file in files)
        {
            log.WriteLine(file);
            try
            {
                if (Directory.Exists(file)) throw new IOException("is a folder; name its notebooks, as folder/*.ipynb does");
                work(file, Notebook.Parse(File.ReadAllBytes(file)));
            }
            catch (Exception e) when (e is NotebookException or IOException or UnauthorizedAccessException)
            {
                errors.WriteLine($"{file}: {e.Message}");
                failed++;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                errors.WriteLine($"{file}: stopped; the file is as it was");
                return Stopped;
            }
        }
        log.WriteLine($"notebook {verb}: {files.Count - failed} passed, {failed} failed");
        return failed == 0 ? Ok : Failed;
    }
}
