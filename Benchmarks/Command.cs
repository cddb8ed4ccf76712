using System.CommandLine;
using NanoAttention.Tutorials;

namespace NanoAttention.Benchmarks;

/// <summary>The command line.</summary>
static class Command
{
    public static RootCommand Create()
    {
        var filter = new Option<string?>("--filter") { Description = "Only what has this in its name: Softmax, Lstm, ladder.", HelpName = "NAME" };
        var quick = new Option<bool>("--quick") { Description = "A glance at each: figures that are only good for seeing that all runs." };
        var full = new Option<bool>("--full") { Description = "BenchmarkDotNet's own rules for how often and how long, and a process for each where there is an SDK: takes an hour." };
        var folder = new Option<string>("--out") { Description = "Where the table and the figure go.", HelpName = "FOLDER", DefaultValueFactory = _ => "BenchmarkDotNet.Artifacts" };
        var root = new RootCommand("Times every operation and layer, and the matrix multiplication ladder, on the CPU and on the GPU.") { filter, quick, full, folder };
        root.Validators.Add(result =>
        {
            if (result.GetValue(quick) && result.GetValue(full)) result.AddError("--quick and --full contradict each other.");
        });
        root.Subcommands.Add(ProfileCommand.Create());
        root.Subcommands.Add(TuneCommand.Create());
        root.Subcommands.Add(Peers.PeersCommand.Create());
        root.Subcommands.Add(Peers.PeersCommand.CreateWorker());
        root.Subcommands.Add(GpuMachine.GpuCommand.Create());
        root.Subcommands.Add(DeviceCommand.Create());
        root.SetAction(result => Run(result.GetValue(filter), result.GetValue(quick) ? Care.Quick : result.GetValue(full) ? Care.Full : Care.Normal, result.GetValue(folder)!));
        return root;
    }

    static int Run(string? filter, Care care, string folder)
    {
        bool Wanted(Work work) => filter is null || work.Name.Contains(filter, StringComparison.OrdinalIgnoreCase);
        if (!Suite.Works().Any(Wanted))
        {
            string hint = Cli.Hint(filter!, Suite.Works().Select(work => work.Name.Split(':')[0]));
            throw new ArgumentException($"--filter: nothing has '{filter}' in its name. {hint}");
        }
        Cli.Writable(folder);
        if (Machine.Skipped is { } reason) Console.WriteLine(reason);
        var (timings, failures) = Runner.Run(Wanted, care, folder);
        var peaks = new SortedSet<int> { 1, Device.Cpu.Threads }.ToDictionary(threads => threads, threads => FmaPeak.Measure(all: threads > 1).Best);
        string report = Report.Of(timings, peaks);
        Console.WriteLine();
        Console.WriteLine(report);
        Write(folder, "benchmarks.md", report);
        if (SpeedChart.Of(timings, peaks[Device.Cpu.Threads]) is { } chart) Write(folder, "matmul.svg", chart.ToSvg());
        if (failures > 0) Console.Error.WriteLine($"{failures} failed.");
        return failures > 0 ? 1 : 0;
    }

    /// <summary>Writes a file and says so.</summary>
    public static void Write(string folder, string name, string text)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        Console.WriteLine($"wrote {Path.GetFullPath(path)}");
    }
}
