using System.CommandLine;
using NanoAttention.Tutorials;

namespace NanoAttention.Benchmarks.Ptx;

/// <summary><c>gpu ptx</c>: what the PTX of each GPU kernel says of its speed, without a GPU.</summary>
static class PtxCommand
{
    public static System.CommandLine.Command Create()
    {
        var filter = new Option<string?>("--filter")
        {
            Description = "Only kernels that have this in their name, with each of their formulas: Map.Forward, Gelu.",
            HelpName = "NAME",
        };
        var file = new Option<string?>("--out") { Description = "Where the table goes, if not to the console.", HelpName = "FILE" };
        const string what = "Counts registers, memory and moves of every GPU kernel in its PTX. Needs no GPU.";
        var command = new System.CommandLine.Command("ptx", what) { filter, file };
        command.SetAction(parsed => Run(parsed.GetValue(filter), parsed.GetValue(file)));
        return command;
    }

    static int Run(string? filter, string? file)
    {
#if GPU
        PtxKernel[] kernels = [.. PtxKernel.All.Where(kernel => kernel.Name.Contains(filter ?? "", StringComparison.OrdinalIgnoreCase))];
        if (kernels.Length == 0)
        {
            string hint = Cli.Hint(filter!, PtxKernel.All.Select(kernel => kernel.Name.Split('<')[0]).Distinct());
            throw new ArgumentException($"--filter: no kernel has '{filter}' in its name. {hint}");
        }
        if (Directory.Exists(file)) throw new ArgumentException($"--out takes a file: {file} is a folder");
        if (file is not null) Cli.Writable(Path.GetDirectoryName(Path.GetFullPath(file))!);
        string table = PtxTable.Of(PtxKernel.Rows(kernels), all: filter is not null);
        if (file is null) Console.WriteLine(table);
        else
        {
            File.WriteAllText(file, table);
            Console.WriteLine($"wrote {Path.GetFullPath(file)}");
        }
        return 0;
#else
        Console.Error.WriteLine("gpu ptx: this was built without ILGPU, which makes the PTX (dotnet build -p:Gpu=true says why)");
        return 1;
#endif
    }
}
