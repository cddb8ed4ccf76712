using System.CommandLine;
using NanoAttention.Benchmarks.Peers;
using NanoAttention.Tutorials;

namespace NanoAttention.Benchmarks.GpuMachine;

/// <summary>
/// <c>gpu pack</c> makes a file to take to a machine with a GPU; <c>gpu run</c>, there, tests, measures and compares, and writes what it
/// found.
/// </summary>
static class GpuCommand
{
    static readonly string[] allParts = ["tests", "speed", "crossover"];

    public static System.CommandLine.Command Create() =>
        new("gpu", "Takes the tests and benchmarks to a machine with a GPU, and runs them there.") { CreatePack(), CreateRun(), Ptx.PtxCommand.Create() };

    static System.CommandLine.Command CreatePack()
    {
        var folder = new Argument<string>("folder") { Description = $"Where {Pack.File} goes.", DefaultValueFactory = _ => "gpu-pack" };
        var data = new Option<string?>("--data")
        {
            Description = "The folder that NANOATTENTION_DATA names for the tests: its smaller vectors go along.",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("NANOATTENTION_DATA"),
        };
        const string what = "Packs .NET's runtime, this program and the tests, as they are built, into one file.";
        var pack = new System.CommandLine.Command("pack", what)
        {
            folder, data,
        };
        pack.SetAction(parsed => Stop.OnCtrlC(_ =>
        {
            string here = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory), to = parsed.GetValue(folder)!;
            var files = Pack.Files(here, GpuTests.Folder(here), parsed.GetValue(data));
            string path = Path.Combine(Cli.Writable(to), Pack.File);
            long size = Pack.Write(files, path);
            Console.WriteLine(FormattableString.Invariant($"wrote {path}: {files.Count} files, {size / (double)(1 << 20):0.0} MiB"));
            Console.WriteLine($"there: mkdir gpu; tar xzf {Pack.File} -C gpu; gpu/dotnet/dotnet gpu/{Pack.Program} gpu run --out results");
            return 0;
        }));
        return pack;
    }

    static System.CommandLine.Command CreateRun()
    {
        var folder = new Option<string>("--out")
        {
            Description = "Where gpu.md, gpu.json, gpu.svg and the tests' log go.",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => "gpu-results",
        };
        var device = new DeviceOption { DefaultValueFactory = _ => "gpu" };
        var only = new Option<string[]>("--only") { Description = "Some of the parts: tests, speed, crossover.", HelpName = "PART" };
        only.AcceptOnlyFromAmong(allParts);
        var python = new Option<string>("--python")
        {
            Description = "A command that runs a Python whose torch sees the GPU.",
            HelpName = "COMMAND",
            DefaultValueFactory = _ => OperatingSystem.IsWindows() ? "python" : "python3",
        };
        const string what = "Runs the GPU tests, and its benchmarks beside PyTorch's, in turn; checks all results against F64 on the CPU. "
            + "On ILGPU's simulator the sizes are tiny and no ratios are claimed.";
        var run = new System.CommandLine.Command("run", what)
        {
            folder, device, only, python,
        };
        run.SetAction(parsed => Stop.OnCtrlC(_ =>
        {
            string[] parts = parsed.GetValue(only) is { Length: > 0 } some ? some : allParts;
            var gpu = device.Chosen(parsed);
            if (gpu == Device.Cpu) throw new ArgumentException("gpu run: --device cpu is no GPU; `peers` compares CPUs");
            return Run(gpu, parsed.GetValue(device)!, parts, parsed.GetValue(python)!, parsed.GetValue(folder)!);
        }));
        return run;
    }

    static int Run(Device gpu, string name, string[] parts, string python, string folder)
    {
        Cli.Writable(folder);
        string devices = DeviceCommand.Text(DeviceInfo.All, () => Device.Gpu.Name);
        Console.WriteLine(devices);
        bool simulated = gpu.IsSimulated;
        TestTotals? tests = null;
        List<Comparison> runs = [];
        IReadOnlyList<CrossoverRow> crossover = [];
        if (parts.Contains("tests"))
        {
            string[] filter = simulated ? ["-class", "*GpuDeviceTests", "-class", "*GpuFailureTests"] : ["-trait", "Category=Gpu"];
            tests = GpuTests.Run(filter, Path.Combine(folder, "gpu-tests.log"));
            Console.WriteLine(tests);
        }
        Save();
        if (parts.Contains("speed"))
        {
            var torch = PeerProgram.OfPython(python).First() with { Device = simulated ? "cpu" : "cuda" };
            Place place = new(Device.Cpu.Threads, gpu.Name, simulated);
            runs.Add(Comparison.Run(place, [PeerProgram.OursOn(name), torch], PeerRow.OnGpu(simulated), simulated ? 1 : 3));
            Save();
        }
        if (parts.Contains("crossover")) crossover = Crossover.Run(name, Device.Cpu.Threads, simulated);
        Console.WriteLine(Save());
        string[] wrong = [.. runs.SelectMany(r => r.Rows).Where(r => !r.IsExact || r.Differing.Count > 0).Select(r => r.Row.Title)];
        if (wrong.Length > 0) Console.Error.WriteLine($"results differ: {string.Join("; ", wrong)}");
        return wrong.Length == 0 && tests is null or { Passed: true } ? 0 : 1;

        // after each part, so that what a time limit cuts off does not take the rest along
        string Save()
        {
            string report = Report(devices, tests, runs, crossover, simulated);
            File.WriteAllText(Path.Combine(folder, "gpu.md"), report);
            File.WriteAllText(Path.Combine(folder, "gpu.json"), PeerReport.Json(runs, new
            {
                Devices = DeviceInfo.All,
                Tests = tests,
                Crossover = crossover.Select(row => new
                {
                    row.Operation,
                    From = simulated ? null : row.From,
                    Times = row.Times.Select(t => new { t.Size, t.Cpu, t.Gpu }),
                }),
            }));
            if (runs.Count > 0) File.WriteAllText(Path.Combine(folder, "gpu.svg"), new RatioChart(runs).ToSvg());
            return report;
        }
    }

    /// <summary>The whole as Markdown.</summary>
    static string Report(
        string devices, TestTotals? tests, IReadOnlyList<Comparison> runs, IReadOnlyList<CrossoverRow> crossover, bool simulated)
    {
        string[] crossing = crossover.Count == 0 ? [] : [Crossover.Markdown(crossover, simulated)], tested = tests is null ? [] : [$"{tests}", ""];
        return string.Join("\n",
        [
            PeerReport.Markdown(runs, "On a GPU machine").TrimEnd(), "", .. crossing, .. tested, "## What it ran on", "", "```", devices.TrimEnd(), "```", "",
        ]);
    }
}
