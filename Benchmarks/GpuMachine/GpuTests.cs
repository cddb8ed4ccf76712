using System.Diagnostics;
using System.Text.RegularExpressions;

namespace NanoAttention.Benchmarks.GpuMachine;

/// <summary>What the tests said: the totals of xunit's last line, or why there are none.</summary>
sealed partial record TestTotals(int Total, int Errors, int Failed, int Skipped, string? WhyNone = null)
{
    public bool Passed => Total > 0 && Errors + Failed == 0;

    public override string ToString() => WhyNone is not null ? $"GPU tests: not run ({WhyNone})"
        : $"GPU tests: {Total - Errors - Failed - Skipped} passed, {Errors + Failed} failed, {Skipped} skipped";

    /// <summary>Reads xunit's output.</summary>
    public static TestTotals Of(string output)
    {
        var line = Summary().Match(output);
        return line.Success ? new(Number(1), Number(2), Number(3), Number(4)) : new(0, 0, 0, 0, "the tests ended without a summary");

        int Number(int group) => int.Parse(line.Groups[group].Value);
    }

    [GeneratedRegex(@"Total: (\d+), Errors: (\d+), Failed: (\d+), Skipped: (\d+)", RegexOptions.RightToLeft)]
    private static partial Regex Summary();
}

/// <summary>Runs the tests that have to do with the GPU, from beside this program or from the sources' build.</summary>
static class GpuTests
{
    /// <param name="filter">xunit's own selection.</param>
    /// <param name="log">Gets all that the tests say.</param>
    public static TestTotals Run(string[] filter, string log)
    {
        string here = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        string name = Path.GetFileName(Pack.Tests), packed = Path.GetFullPath(Path.Combine(here, "..", Pack.Tests));
        string built = Path.Combine(Folder(here), name), data = Path.GetFullPath(Path.Combine(here, "..", Pack.Data));
        if (new[] { packed, built }.FirstOrDefault(File.Exists) is not { } tests) return new(0, 0, 0, 0, $"there is no {packed}");
        string program = Environment.ProcessPath!;
        if (Path.GetFileNameWithoutExtension(program) != "dotnet") program = "dotnet";
        var info = new ProcessStartInfo(program, [tests, "-noColor", .. filter])
        {
            RedirectStandardOutput = true,
        };
        if (Directory.Exists(data)) info.Environment["NANOATTENTION_DATA"] = data;
        using var process = Process.Start(info)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        File.WriteAllText(log, output);
        return TestTotals.Of(output);
    }

    /// <summary>Where the tests are built when this program is built in <paramref name="here"/>.</summary>
    public static string Folder(string here) =>
        Path.GetFullPath(Path.Combine(here, "../../../..", "Tests", Path.GetRelativePath(Path.Combine(here, "../../.."), here)));
}
