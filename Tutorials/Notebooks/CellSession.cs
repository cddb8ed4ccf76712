using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;

namespace NanoAttention.Tutorials;

/// <summary>
/// Runs cells one after another as C# script submissions: each sees the variables, methods and types of those before.
/// References and imports are given here, so that a cell holds no path and no <c>#r</c>.
/// </summary>
sealed class CellSession
{
    static readonly string[] Imports =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Threading.Tasks",
        "NanoAttention", "NanoAttention.Tutorials",
    ];

    /// <summary>All that this program itself was started with: the framework, NanoAttention and its packages.</summary>
    static readonly Lazy<MetadataReference[]> References = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) != "Benchmarks.dll")     // the tests bring it along, with some of this program's sources in it
            .Select(path => MetadataReference.CreateFromFile(path))]);

    readonly NotebookGlobals globals = new();
    ScriptState? state;

    /// <summary>Runs one cell on the calling thread and returns what it shows.</summary>
    /// <exception cref="NotebookException">The cell does not compile or throws; the message says where and why.</exception>
    public JsonArray Run(NotebookCell cell)
    {
        var output = new CellOutput();
        globals.ShowIn(output);
        var (consoleOut, consoleError) = (Console.Out, Console.Error);
        Console.SetOut(output.Writer("stdout"));
        Console.SetError(output.Writer("stderr"));
        try
        {
            state = Submit(cell.Source, Options(FileName(cell.Number))).GetAwaiter().GetResult();
            if (state.ReturnValue is not null) output.Add("execute_result", state.ReturnValue, cell.Number);
            return output.Finish();
        }
        catch (CompilationErrorException e)
        {
            var first = e.Diagnostics.First(d => d.Severity == DiagnosticSeverity.Error);
            var line = first.Location.GetLineSpan().StartLinePosition.Line + 1;
            throw Failure(cell, line, "", $"{first.Id}: {first.GetMessage()}");
        }
        catch (Exception e)
        {
            var cause = Cause(e);
            var (line, thrownIn) = Place(e, cell.Number);
            throw Failure(cell, line, thrownIn, $"{cause.GetType().Name}: {cause.Message}");
        }
        finally
        {
            Console.SetOut(consoleOut);
            Console.SetError(consoleError);
        }
    }

    Task<ScriptState<object>> Submit(string source, ScriptOptions options) => state is null
        ? CSharpScript.RunAsync(source, options, globals)
        : state.ContinueWithAsync(source, options);

    static ScriptOptions Options(string fileName) => ScriptOptions.Default
        .WithReferences(References.Value)
        .WithImports(Imports)
        .WithLanguageVersion(LanguageVersion.CSharp14)
        .WithOptimizationLevel(OptimizationLevel.Release)
        .WithEmitDebugInformation(true) // so that a stack trace knows the line
        .WithFilePath(fileName)
        .WithFileEncoding(Encoding.UTF8);

    static string FileName(int number) => $"cell [{number}]";

    static NotebookException Failure(NotebookCell cell, int line, string thrownIn, string message)
    {
        var lines = cell.Source.Split('\n');
        var text = line >= 1 && line <= lines.Length ? lines[line - 1].Trim() : "";
        return new($"{FileName(cell.Number)}, line {line}{thrownIn}: {message}\n    {text}");
    }

    /// <summary>The exception that a reader knows, out of the wrappers that reflection and tasks put around it.</summary>
    static Exception Cause(Exception e) =>
        e is TargetInvocationException or TypeInitializationException or AggregateException { InnerExceptions.Count: 1 }
            && e.InnerException is { } inner ? Cause(inner) : e;

    /// <summary>The line of this cell that was running, and the cell where the exception arose if that is another.</summary>
    static (int Line, string ThrownIn) Place(Exception e, int number)
    {
        var frames = new List<StackFrame>();
        for (var cause = e; cause is not null; cause = cause.InnerException)
            frames.InsertRange(0, new StackTrace(cause, fNeedFileInfo: true).GetFrames());
        var inCells = frames.Where(f => f.GetFileName()?.StartsWith("cell [", StringComparison.Ordinal) == true).ToList();
        var here = inCells.Find(f => f.GetFileName() == FileName(number));
        var thrown = inCells.FirstOrDefault();
        var elsewhere = thrown is not null && thrown.GetFileName() != FileName(number);
        return (here?.GetFileLineNumber() ?? 0,
            elsewhere ? $" (thrown in {thrown!.GetFileName()}, line {thrown.GetFileLineNumber()})" : "");
    }
}
