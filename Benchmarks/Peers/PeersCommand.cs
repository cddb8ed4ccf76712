using System.CommandLine;
using NanoAttention.Tutorials;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>The verbs <c>peers</c>, which compares, and <c>worker</c>, one side of the comparison.</summary>
static class PeersCommand
{
    public static System.CommandLine.Command Create()
    {
        var threads = new Option<string>("--threads")
        {
            Description = "On how many threads, one after the other.",
            HelpName = "1,2",
            DefaultValueFactory = _ => Environment.ProcessorCount > 1 ? $"1,{Environment.ProcessorCount}" : "1",
        };
        var filter = new Option<string?>("--filter")
        {
            Description = "Only rows that have this in their name: SGEMM, softmax, training.",
            HelpName = "NAME",
        };
        var folder = new Option<string>("--out")
        {
            Description = "Where peers.md, peers.json and peers.svg go.",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => "BenchmarkDotNet.Artifacts",
        };
        var python = new Option<string[]>("--python")
        {
            Description = "A command that runs a Python with torch, or with onnxruntime and onnx; several may be given.",
            HelpName = "COMMAND",
        };
        var peer = new Option<string[]>("--peer")
        {
            Description = "Another worker, by a name and the command that starts it; it speaks the protocol of Benchmarks/Peers/Worker.cs. "
                + "Several may be given.",
            HelpName = "NAME=COMMAND",
        };
        var only = new Option<bool>("--only") { Description = "No peers but those given by --python and --peer." };
        var command = new System.CommandLine.Command("peers", "Compares with PyTorch, ONNX Runtime, OpenBLAS and oneDNN, as far as the "
            + "machine has them: the same work in turn, the same results, times side by side.")
        {
            threads, filter, folder, python, peer, only,
        };
        var rounds = command.Count("--rounds", 5, "How often each worker has its turn at a row.");
        threads.Validators.Add(result =>
        {
            if (Numbers(result.GetValueOrDefault<string>()) is null) result.AddError("--threads takes numbers from 1 on: 1,2");
        });
        peer.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string[]>() is { } all && all.Any(given => given.IndexOf('=') < 1))
                result.AddError("--peer takes NAME=COMMAND");
        });
        command.SetAction(parsed =>
        {
            string[] pythons = parsed.GetValue(python) is { Length: > 0 } given ? given
                : parsed.GetValue(only) ? [] : [OperatingSystem.IsWindows() ? "python" : "python3"];
            return Run(Numbers(parsed.GetValue(threads))!, parsed.GetValue(filter), parsed.GetValue(rounds), parsed.GetValue(folder)!,
            [
                PeerProgram.Ours,
                .. pythons.SelectMany(PeerProgram.OfPython),
                .. parsed.GetValue(only) ? [] : PeerProgram.OfLibraries,
                .. parsed.GetValue(peer)!.Select(PeerProgram.Given),
            ]);
        });
        return command;
    }

    public static System.CommandLine.Command CreateWorker()
    {
        var library = Library("--library", "The products of a library instead of this engine's: the first of these that can be loaded, "
            + "OpenBLAS or oneDNN.");
        var primitive = Library("--primitive", "The same by oneDNN's matmul primitive.");
        var device = new DeviceOption();
        var worker = new System.CommandLine.Command("worker", "Runs tests by name for a comparison: reads "
            + "`TEST MILLISECONDS` from its input, answers the least and the median seconds and the count.")
        {
            library, primitive, device,
        };
        worker.SetAction(parsed => Serve(parsed.GetValue(library)!, parsed.GetValue(primitive)!, () => device.Chosen(parsed)));
        return worker;

        static Option<string[]> Library(string name, string description) =>
            new(name) { Description = description, HelpName = "PATH", AllowMultipleArgumentsPerToken = true };
    }

    static int Serve(string[] libraries, string[] primitive, Func<Device> device)
    {
        try
        {
            Defaults.Device = device();
            return libraries.Length > 0 ? BlasLibrary.Serve(libraries, primitive: false)
                : primitive.Length > 0 ? BlasLibrary.Serve(primitive, primitive: true)
                : Worker.Run(Console.In, Console.Out, PeerTest.Prepare);
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e.Message);     // what the other side shows
            return 1;
        }
    }

    static int[]? Numbers(string? text)
    {
        var numbers = (text ?? "").Split(',').Select(word => int.TryParse(word, out int n) ? n : 0);
        return numbers.All(n => n > 0) ? [.. numbers] : null;
    }

    static int Run(int[] threads, string? filter, int rounds, string folder, IReadOnlyList<PeerProgram> programs)
    {
        PeerRow[] rows = [.. PeerRow.All.Where(row => filter is null || row.Title.Contains(filter, StringComparison.OrdinalIgnoreCase))];
        if (rows.Length == 0)
        {
            var words = PeerRow.All.SelectMany(row => row.Title.Split(' ', ',', ':')).Where(word => word.Length > 2 && char.IsLetter(word[0]));
            throw new ArgumentException($"--filter: no row has '{filter}' in its name. {Cli.Hint(filter!, words)}");
        }
        Cli.Writable(folder);
        Comparison[] runs = [.. threads.Select(count => Comparison.Run(new(count), programs, rows, rounds))];
        string report = PeerReport.Markdown(runs);
        Console.WriteLine();
        Console.WriteLine(report);
        Command.Write(folder, "peers.md", report);
        Command.Write(folder, "peers.json", PeerReport.Json(runs));
        var times = runs.SelectMany(run => run.Rows).ToArray();
        if (times.Any(row => double.IsFinite(row.Ratio))) Command.Write(folder, "peers.svg", new RatioChart(runs).ToSvg());
        string[] wrong = [.. times.Where(row => row.Differing.Count > 0).Select(row => row.Row.Title).Distinct()];
        if (wrong.Length > 0) Console.Error.WriteLine($"results differ: {string.Join("; ", wrong)}");
        return wrong.Length > 0 ? 1 : 0;
    }
}
