using System.IO.Compression;
using NanoAttention.Tests.Conformance;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>A folder that lives as long as a test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("nanoattention").FullName;

    public string Write(string name, byte[] content)
    {
        string path = System.IO.Path.Combine(Path, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public static byte[] Gzip(byte[] content)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Fastest)) gzip.Write(content);
        return result.ToArray();
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Real data sets in the folder of shared data; a test that needs an absent one is skipped.</summary>
public static class TestData
{
    public static string Path(params ReadOnlySpan<string> parts)
    {
        string path = System.IO.Path.Combine(["data", .. parts]);
        string? found = Vectors.Root is { } root ? System.IO.Path.Combine(root, path) : null;
        Assert.SkipUnless(System.IO.Path.Exists(found), $"no {path} in the folder of shared data");
        return found!;
    }
}
