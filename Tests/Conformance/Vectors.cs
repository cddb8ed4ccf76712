using System.Text.Json;

namespace NanoAttention.Tests.Conformance;

/// <summary>
/// Where the conformance vectors lie: in the folder that the environment variable NANOATTENTION_DATA names, else in <c>shared</c>
/// beside the repository. Any part of it may be absent.
/// </summary>
public static class Vectors
{
    const string Variable = "NANOATTENTION_DATA";

    public static string? Root { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : BesideTheRepository();

    /// <summary>The path of conformance/…, or null where it is absent.</summary>
    public static string? Find(params string[] parts)
    {
        if (Root is null) return null;
        var path = Path.Combine([Root, "conformance", .. parts]);
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }

    /// <summary>Why a test that needs conformance/… is skipped.</summary>
    public static string Absent(params string[] parts) =>
        $"no {string.Join('/', ["conformance", .. parts])} in {Root ?? "../shared"} (set {Variable} to the folder that holds it)";

    /// <summary>A copy in the precision, and on the device, of the run.</summary>
    public static Tensor Converted(Tensor x) => (x.DType.IsFloat ? x.To(Defaults.DType) : x).To(Defaults.Device).Clone();

    public static JsonElement Json(string path)
    {
        using var stream = File.OpenRead(path);
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    static string? BesideTheRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "NanoAttention.sln"))) folder = folder.Parent;
        return folder?.Parent is { } parent ? Path.Combine(parent.FullName, "shared") : null;
    }
}
