using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>Cells redirect the console, which is one for the whole program: these tests run alone.</summary>
[CollectionDefinition(nameof(NotebookCollection), DisableParallelization = true)]
public sealed class NotebookCollection;

/// <summary>A notebook of code cells in a temporary file.</summary>
sealed class NotebookFile : IDisposable
{
    static readonly JsonSerializerOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public NotebookFile(params string[] sources)
    {
        var cells = sources.Select((source, i) => (JsonNode)new JsonObject
        {
            ["cell_type"] = "code",
            ["execution_count"] = null,
            ["id"] = $"cell-{i}",
            ["metadata"] = new JsonObject(),
            ["outputs"] = new JsonArray(),
            ["source"] = source,
        });
        var root = new JsonObject
        {
            ["cells"] = new JsonArray([.. cells]),
            ["metadata"] = new JsonObject { ["kernelspec"] = new JsonObject { ["name"] = ".net-csharp" } },
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
        };
        File.WriteAllText(Path, root.ToJsonString());
    }

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"notebook-{Guid.NewGuid():N}.ipynb");

    public string Text => File.ReadAllText(Path);

    /// <summary>The stored outputs of the n-th cell, from 1, as JSON without spaces.</summary>
    public string Outputs(int cell) => Notebook.Load(Path).Cells[cell - 1].Outputs.ToJsonString(AsWritten);

    /// <summary>Changes the JSON of the stored outputs.</summary>
    public void ReplaceInOutputs(string old, string with)
    {
        var root = JsonNode.Parse(Text)!;
        var found = 0;
        foreach (var cell in root["cells"]!.AsArray())
        {
            var outputs = cell!["outputs"]!.ToJsonString(AsWritten);
            if (outputs.Contains(old)) found++;
            cell["outputs"] = JsonNode.Parse(outputs.Replace(old, with));
        }
        Assert.NotEqual(0, found);
        File.WriteAllText(Path, root.ToJsonString());
    }

    public void SetTolerance(double tolerance)
    {
        var root = JsonNode.Parse(Text)!;
        foreach (var cell in root["cells"]!.AsArray())
            cell!["metadata"]!["nanoattention"] = new JsonObject { ["tolerance"] = tolerance };
        File.WriteAllText(Path, root.ToJsonString());
    }

    public int Run() => Do(NotebookVerbs.Run);

    public int Check() => Do(NotebookVerbs.Check);

    /// <summary>What the last verb wrote as errors.</summary>
    public string Errors { get; private set; } = "";

    public void Dispose() => File.Delete(Path);

    int Do(Func<IReadOnlyList<string>, TextWriter, TextWriter, CancellationToken, int> verb)
    {
        var errors = new StringWriter();
        var code = verb([Path], TextWriter.Null, errors, TestContext.Current.CancellationToken);
        Errors = errors.ToString();
        return code;
    }
}
