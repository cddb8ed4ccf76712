using System.CommandLine;

namespace NanoAttention.Tutorials;

/// <summary>The options that every training verb has.</summary>
sealed class RunOptions
{
    readonly Option<string> device = new("--device") { Description = "Where to compute: cpu or gpu.", DefaultValueFactory = _ => "cpu" };
    readonly Option<ulong> seed = new("--seed") { Description = "Where random numbers start: the same seed gives the same run.", DefaultValueFactory = _ => 1 };
    readonly Option<DirectoryInfo> folder;
    readonly Option<bool> resume = new("--resume") { Description = "Go on from the checkpoint in the output folder." };

    public RunOptions(Command command, string output)
    {
        folder = new("--out") { Description = "Folder for checkpoints and pages.", DefaultValueFactory = _ => new DirectoryInfo(output) };
        device.AcceptOnlyFromAmong("cpu", "gpu");
        command.Options.Add(device);
        command.Options.Add(seed);
        command.Options.Add(folder);
        command.Options.Add(resume);
    }

    /// <summary>Sets the ambient device and seed; says what really runs.</summary>
    public RunSettings Apply(ParseResult parsed)
    {
        Defaults.Device = parsed.GetValue(device) == "gpu" ? Device.Gpu : Device.Cpu;
        Defaults.Seed = parsed.GetValue(seed);
        Console.WriteLine($"device: {Defaults.Device.Name}");
        var output = parsed.GetValue(folder)!;
        output.Create();
        return new(output.FullName, parsed.GetValue(seed), parsed.GetValue(resume));
    }
}

/// <summary>Where a run writes, how it is seeded, and whether it goes on from a checkpoint.</summary>
public sealed record RunSettings(string Folder, ulong Seed, bool Resume)
{
    /// <summary>A file in the output folder.</summary>
    public string File(string name) => Path.Combine(Folder, name);
}

static class Options
{
    /// <summary>An option with a number that must not be below <paramref name="least"/>.</summary>
    public static Option<int> Count(this Command command, string name, int value, string description, int least = 1)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < least) result.AddError($"{name}: {result.GetValueOrDefault<int>()} is below {least}");
        });
        command.Options.Add(option);
        return option;
    }

    /// <summary>An option with a real number between two bounds.</summary>
    public static Option<double> Real(this Command command, string name, double value, string description, double least = 0, double most = double.MaxValue)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            double given = result.GetValueOrDefault<double>();
            if (!(given >= least && given <= most)) result.AddError(FormattableString.Invariant($"{name}: {given} is not between {least} and {most}"));
        });
        command.Options.Add(option);
        return option;
    }

    /// <summary>An option with a file that must exist.</summary>
    public static Option<FileInfo> Existing(this Command command, string name, string description)
    {
        var option = new Option<FileInfo>(name) { Description = description, Required = true };
        option.AcceptExistingOnly();
        command.Options.Add(option);
        return option;
    }
}
