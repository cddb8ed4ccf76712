extern alias benchmarks;

using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using benchmarks::NanoAttention.Benchmarks;
using benchmarks::NanoAttention.Benchmarks.GpuMachine;
using benchmarks::NanoAttention.Benchmarks.Peers;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>What goes to a machine with a GPU, and what the report says of given numbers.</summary>
public class GpuMachineTests
{
    [Theory]
    [InlineData("ILGPU.dll", true), InlineData("NanoAttention.Tests.dll", true), InlineData("NanoAttention.Tests.runtimeconfig.json", true)]
    [InlineData("Microsoft.CodeAnalysis.CSharp.dll", false), InlineData("NanoAttention.Tests.deps.json", false), InlineData("x.pdb", false)]
    [InlineData("runtimes/linux-x64/native/libcapstone.so", false), InlineData("TestResults/x.trx", false), InlineData("Benchmarks", false)]
    public void The_compiler_and_what_only_developers_want_stay_behind(string file, bool taken) => Assert.Equal(taken, Pack.Takes(file));

    [Fact]
    public void Builds_that_are_not_there_or_not_of_the_same_sources_are_refused()
    {
        using var folder = new TemporaryFolder();
        string benchmarks = Directory.CreateDirectory(Path.Combine(folder.Path, "b")).FullName;
        string tests = Directory.CreateDirectory(Path.Combine(folder.Path, "t")).FullName;
        Assert.Contains("NanoAttention.Tests.dll; dotnet build", Refused());
        foreach (string at in (string[])[benchmarks, tests])
            foreach (string name in (string[])["NanoAttention.Tests.dll", "ILGPU.dll", "NanoAttention.Engine.dll"])
                File.WriteAllText(Path.Combine(at, name), name == "NanoAttention.Engine.dll" ? at : "");
        Assert.Contains("were not built together", Refused());

        string Refused() => Assert.Throws<ArgumentException>(() => Pack.Files(benchmarks, tests, null)).Message;
    }

    [Fact]
    public void A_pack_holds_the_runtime_both_programs_and_the_small_vectors_and_unpacks_as_it_was()
    {
        Assert.SkipWhen(Device.WhyNoGpu is not null, "a pack holds ILGPU");
        using var folder = new TemporaryFolder();
        foreach (string kind in (string[])["torch", "models"])
        {
            string at = Path.Combine(folder.Path, "conformance", kind);
            Directory.CreateDirectory(at);
            File.WriteAllText(Path.Combine(at, "index.json"), "{}");
        }
        var files = Pack.Files(AppContext.BaseDirectory, AppContext.BaseDirectory, folder.Path);      // which has both programs' files
        string[] names = [.. files.Select(f => f.Name)];
        Assert.Equal(names.Length, names.Distinct().Count());
        string[] wanted = [Pack.Tests, Pack.Program, "tests/ILGPU.dll", "benchmarks/Benchmarks.runtimeconfig.json", "data/conformance/torch/index.json"];
        Assert.Equal(wanted, wanted.Intersect(names));
        Assert.Contains(names, name => name.StartsWith("dotnet/shared/") && name.EndsWith("/System.Private.CoreLib.dll"));
        Assert.Contains(names, name => name.StartsWith("dotnet/host/fxr/"));
        Assert.DoesNotContain(names, name => name.Contains("CodeAnalysis") || name.Contains("models"));

        string path = Path.Combine(folder.Path, Pack.File);
        var some = files.Where(f => !f.Name.StartsWith("dotnet/shared") && !f.Name.StartsWith("tests")).ToArray();
        long size = Pack.Write(some, path);
        Assert.Equal(new FileInfo(path).Length, size);
        using var tar = new TarReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        List<string> unpacked = [];
        while (tar.GetNextEntry() is { } entry) unpacked.Add(entry.Name);
        Assert.Equal(some.Select(f => f.Name), unpacked);
    }

    [Fact]
    public void Totals_are_read_from_the_tests_last_line()
    {
        const string said = "Total: 1, Errors: 1, Failed: 1, Skipped: 0\n   NanoAttention.Tests  Total: 9, Errors: 0, Failed: 2, Skipped: 3, Not Run: 0";
        var totals = TestTotals.Of(said);
        Assert.Equal(new TestTotals(9, 0, 2, 3), totals);
        Assert.Equal("GPU tests: 4 passed, 2 failed, 3 skipped", totals.ToString());
        Assert.False(totals.Passed);
        Assert.True(new TestTotals(2, 0, 0, 1).Passed);
        Assert.Equal("GPU tests: not run (the tests ended without a summary)", TestTotals.Of("crash").ToString());
    }

    // A product twice as fast as the peer, and a softmax of half the speed of a copy.
    static Comparison Measured(bool simulated)
    {
        PeerRow[] rows = PeerRow.OnGpu(simulated: false);
        PeerRow product = rows[0], softmax = rows.First(row => row.OfMemory);
        PeerTime one = new(1e-3, 1e-3), two = new(2e-3, 2e-3);
        Dictionary<string, PeerTime> ahead = new() { ["ours"] = one, ["PyTorch"] = two }, behind = new() { ["ours"] = two, ["PyTorch"] = one };
        return new(new(16, "GPU (test)", simulated), (double.NaN, double.NaN), ["ours", "PyTorch"],
        [
            new(product, ahead, [], ["PyTorch"], null, 1, 2e-6),
            new(softmax, behind, ["PyTorch"], [], softmax.Bytes / 1e-3 * 1e-9, 7, 0.2),
        ], ["skipped: x"]);
    }

    static string[] Row(string report, string title) =>
        [.. report.Split('\n').Single(line => line.StartsWith($"| {title} ")).Split('|', StringSplitOptions.TrimEntries)[1..^1]];

    [Fact]
    public void The_report_holds_every_row_against_its_goal_and_says_what_is_not_exact()
    {
        string report = PeerReport.Markdown([Measured(simulated: false)]);
        Assert.Equal(["1.00 ms", "2.00 ms", "2.00", "137439", "", "", "0.80", "yes", "1", "2.0E-6", "yes", "yes"],
            Row(report, "SGEMM, strict, 4096x4096x4096")[1..]);
        Assert.Equal(["2.00 ms", "1.00 ms", "0.50", "", "134", "0.50", "0.85", "no", "7", "2.0E-1", "NO", "NOT PyTorch"],
            Row(report, "softmax 32768x1024")[1..]);
        Assert.Contains("- skipped: x", report);
        var row = RowOf(PeerReport.Json([Measured(simulated: false)]), 1);
        Assert.Equal(0.5, row.GetProperty("Score").GetDouble(), 1e-9);
        Assert.Equal(7, row.GetProperty("Launches").GetDouble());
    }

    [Fact]
    public void Of_a_simulated_GPU_no_ratio_is_claimed()
    {
        Comparison[] runs = [Measured(simulated: true)];
        string report = PeerReport.Markdown(runs);
        Assert.Contains("SIMULATED", report);
        Assert.Equal(["", "", "", "", "0.80", ""], Row(report, "SGEMM, strict, 4096x4096x4096")[3..9]);
        Assert.Contains("SIMULATED", new RatioChart(runs).ToSvg());
        Assert.Equal(JsonValueKind.Null, RowOf(PeerReport.Json(runs), 0).GetProperty("Ratio").ValueKind);
    }

    static JsonElement RowOf(string json, int row) => JsonDocument.Parse(json).RootElement.GetProperty("Runs")[0].GetProperty("Rows")[row];

    [Theory]
    [InlineData("1 2 3", "4 3 4", null), InlineData("3 2 1", "1 1 0.5", "1")]
    [InlineData("1 4 2 8", "2 2 3 1", "1000"), InlineData("1 2", "2 1", "10")]
    public void The_crossover_is_where_the_GPU_stays_ahead(string cpu, string gpu, string? from)
    {
        double[] here = Numbers(cpu), there = Numbers(gpu);
        Assert.Equal(from, new CrossoverRow("x", [.. here.Select((t, i) => ($"{Math.Pow(10, i)}", t, there[i]))]).From);

        static double[] Numbers(string text) => [.. text.Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
    }

    [Fact]
    public void A_worker_tells_times_results_errors_and_launches_and_does_not_know_what_it_does_not()
    {
        using var _ = Defaults.With();
        int threads = Device.Cpu.Threads;
        var output = new StringWriter();
        string[] asked =
            ["softmax 4 8 0", "check softmax 4 8 0", "exact softmax 4 8 0", "launches softmax 4 8 0", "none 1 0", "exact none 1 0", "launches none 1 0"];
        Worker.Run(new StringReader(string.Join('\n', asked)), output, PeerTest.Prepare);
        Device.Cpu.Threads = threads;
        string[] answers = output.ToString().Split(Environment.NewLine)[1..^1];
        Assert.Equal([3, 7, 1, 1, 3, 1, 3], answers.Select(a => a.Split(' ').Length));
        Assert.InRange(double.Parse(answers[2], CultureInfo.InvariantCulture), 1e-9, 1e-6);
        Assert.Equal(["0", "nan nan 0", "NaN", "nan nan 0"], answers[3..]);
    }

    [Fact]
    public void Errors_are_told_in_units_of_the_number_and_the_root_mean_square_and_NaN_is_none()
    {
        Assert.Equal(0.1, Exactness.Error([1.2, -1], [1, -1]), 1e-9);
        Assert.Equal(double.NaN, Exactness.Error([1], [1, 2]));
        Assert.Equal(double.NaN, Exactness.Error([double.NaN], [1]));
        Assert.False(new RowTimes(PeerRow.OnGpu(true)[0], new Dictionary<string, PeerTime>(), [], [], null, 1, double.NaN).IsExact);
    }
}
