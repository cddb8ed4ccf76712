using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace NanoAttention.Benchmarks.GpuMachine;

/// <summary>
/// What a machine with a GPU and nothing else needs, in one file: .NET's runtime, this program, the tests and their data. It runs on the
/// kind of system that it was packed on.
/// </summary>
static class Pack
{
    public const string File = "nanoattention-gpu.tar.gz", Data = "data";
    public const string Tests = "tests/NanoAttention.Tests.dll", Program = "benchmarks/Benchmarks.dll";

    /// <summary>The most that the file may hold.</summary>
    public const long Limit = 64L << 20;

    // The compiler, which only notebooks and the mutation suite want; what BenchmarkDotNet disassembles and traces with; what explains
    // itself to other programs. The lists of dependencies would insist on what is left out.
    static readonly string[] left =
    [
        "Microsoft.CodeAnalysis", "Microsoft.Diagnostics.", "Gee.External.Capstone", "Iced.dll", "Dia2Lib", "OSExtensions", "TraceReloggerLib",
    ];
    static readonly string[] leftEndings = [".pdb", ".xml", ".deps.json", ".trx"];

    /// <summary>Whether a file of a build's folder, by its path in there, is taken along.</summary>
    public static bool Takes(string path) =>
        !path.Contains('/') && path.Contains('.')
        && !left.Any(name => path.StartsWith(name, StringComparison.Ordinal)) && !leftEndings.Any(path.EndsWith);

    /// <summary>Every file that goes in, and its name there.</summary>
    /// <param name="benchmarks">This program's folder.</param>
    /// <param name="tests">The folder of the tests' build.</param>
    /// <param name="data">The folder that NANOATTENTION_DATA names, of which the smaller vectors go along; null for none.</param>
    /// <exception cref="ArgumentException">The builds are not there, not of the same sources, or without ILGPU.</exception>
    public static IReadOnlyList<(string From, string Name)> Files(string benchmarks, string tests, string? data)
    {
        const string build = "dotnet build -c Release -p:Gpu=true makes them";
        const string engine = "NanoAttention.Engine.dll";
        string[] wanted = [Path.Combine(tests, Path.GetFileName(Tests)), .. from name in (string[])[engine, "ILGPU.dll"]
                                                                           from folder in (string[])[benchmarks, tests]
                                                                           select Path.Combine(folder, name)];
        if (wanted.FirstOrDefault(file => !System.IO.File.Exists(file)) is { } missing)
            throw new ArgumentException($"gpu pack: there is no {missing}; {build}");
        if (!Bytes(benchmarks).AsSpan().SequenceEqual(Bytes(tests)))
            throw new ArgumentException($"gpu pack: {benchmarks} and {tests} were not built together; {build}");
        return [.. Runtime(), .. Of(benchmarks, "benchmarks", Takes), .. Of(tests, "tests", Takes), .. Vectors(data)];

        static byte[] Bytes(string folder) => System.IO.File.ReadAllBytes(Path.Combine(folder, engine));
    }

    // The files that `dotnet` is made of, in its own layout: the program, its host, and the framework that runs now.
    static IEnumerable<(string, string)> Runtime()
    {
        string framework = Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory());
        string root = Path.GetFullPath(Path.Combine(framework, "../../.."));
        string host = Path.Combine(root, "host", "fxr");
        string muxer = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        if (!Directory.Exists(host) || !System.IO.File.Exists(Path.Combine(root, muxer)))
            throw new ArgumentException($"gpu pack: {root} is no folder of .NET's, to take its runtime from; "
                + "start it as dotnet run, or dotnet Benchmarks.dll");
        string newest = Directory.GetDirectories(host)
            .MaxBy(folder => Version.TryParse(Path.GetFileName(folder).Split('-')[0], out var version) ? version : new())!;
        return
        [
            (Path.Combine(root, muxer), $"dotnet/{muxer}"),
            .. Of(newest, $"dotnet/host/fxr/{Path.GetFileName(newest)}", _ => true),
            .. Of(framework, $"dotnet/shared/Microsoft.NETCore.App/{Path.GetFileName(framework)}", _ => true),
        ];
    }

    // PyTorch's and ONNX's numbers; the whole models are too large.
    static IEnumerable<(string, string)> Vectors(string? data) =>
        from kind in data is null ? (string[])[] : ["torch", "onnx"]
        let folder = Path.Combine(data!, "conformance", kind)
        where Directory.Exists(folder)
        from file in Of(folder, $"{Data}/conformance/{kind}", _ => true)
        select file;

    static IEnumerable<(string, string)> Of(string folder, string name, Func<string, bool> takes) =>
        from file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        let path = Path.GetRelativePath(folder, file).Replace('\\', '/')
        where takes(path)
        select (file, $"{name}/{path}");

    /// <summary>Writes the file and yields its size; removes it again where it is too large.</summary>
    /// <exception cref="ArgumentException">It is too large.</exception>
    public static long Write(IReadOnlyList<(string From, string Name)> files, string path)
    {
        using (var stream = System.IO.File.Create(path))
        using (var compressed = new GZipStream(stream, CompressionLevel.SmallestSize))
        using (var tar = new TarWriter(compressed, TarEntryFormat.Pax))
            foreach (var (from, name) in files) tar.WriteEntry(from, name);
        long size = new FileInfo(path).Length;
        if (size <= Limit) return size;
        System.IO.File.Delete(path);
        var parts = files.GroupBy(f => f.Name.Split('/')[0]).Select(g => $"{g.Key} {g.Sum(f => new FileInfo(f.From).Length) >> 20} MiB");
        throw new ArgumentException($"gpu pack: {size >> 20} MiB are more than {Limit >> 20}; uncompressed: {string.Join(", ", parts)}");
    }
}
