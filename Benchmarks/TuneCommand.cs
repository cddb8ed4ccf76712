using System.CommandLine;
using NanoAttention.Tutorials;

namespace NanoAttention.Benchmarks;

/// <summary><c>tune</c>: measures which tiles multiply matrices fastest on this GPU, and writes the engine's table.</summary>
static class TuneCommand
{
    public static System.CommandLine.Command Create()
    {
        var file = new Option<string>("--out")
        {
            Description = "Where the table goes: Engine/Gpu/MatMulTable.txt is the one that is built in.",
            HelpName = "FILE",
            DefaultValueFactory = _ => "MatMulTable.txt",
        };
        var estimate = new Option<bool>("--estimate")
        {
            Description = "Measures nothing: writes what a rough count of cycles says. Needs no GPU.",
        };
        const string what = "Measures which tiles multiply matrices fastest on this GPU, for many sizes, and writes the table.";
        var command = new System.CommandLine.Command("tune", what) { file, estimate };
        command.SetAction(parsed => Run(parsed.GetValue(file)!, parsed.GetValue(estimate)));
        return command;
    }

    static int Run(string file, bool estimate)
    {
#if GPU
        if (estimate || Machine.Gpu is not null)
        {
            if (Directory.Exists(file)) throw new ArgumentException($"--out takes a file: {file} is a folder");
            Cli.Writable(Path.GetDirectoryName(Path.GetFullPath(file))!);
            File.WriteAllText(file, estimate ? MatMulTuner.Estimate() : MatMulTuner.Measure((GpuDevice)Machine.Gpu!));
            Console.WriteLine($"wrote {Path.GetFullPath(file)}");
            return 0;
        }
#endif
        Console.Error.WriteLine($"tune: there is nothing to measure on. {Machine.Skipped}");
        return 1;
    }
}
