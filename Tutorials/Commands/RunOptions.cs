using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace NanoAttention.Tutorials;

/// <summary>
/// The options that every training verb has, and the settings of a run: all options of its verb that shape it. They are kept in the
/// checkpoint; a resumed run takes them from there, and refuses others.
/// </summary>
sealed class RunOptions
{
    const string data = "--data";

    readonly DeviceOption device = new();
    readonly Option<ulong> seed = new("--seed")
    {
        Description = "Where random numbers start: the same seed gives the same run.",
        DefaultValueFactory = _ => 1,
    };
    readonly Option<DirectoryInfo> folder;
    readonly Option<bool> resume = new("--resume")
    {
        Description = "Go on from the checkpoint in the output folder, with its settings. They need not be given again, --data apart; "
            + "others than the checkpoint's are refused, other data and the number of steps too, for the learning rate follows it. "
            + "Free are the device and what is done after the training.",
    };
    readonly Command command;

    public RunOptions(Command command, string output)
    {
        this.command = command;
        folder = new("--out") { Description = "Folder for checkpoints and pages.", DefaultValueFactory = _ => new DirectoryInfo(output) };
        command.Options.Add(device);
        command.Options.Add(seed);
        command.Options.Add(folder);
        command.Options.Add(resume);
    }

    /// <summary>The output folder.</summary>
    public DirectoryInfo Folder(ParseResult parsed) => parsed.GetValue(folder)!;

    /// <summary>Whether the run goes on from a checkpoint.</summary>
    public bool Resumes(ParseResult parsed) => parsed.GetValue(resume);

    /// <summary>Settles the settings, sets the ambient device and seed, and says what really runs.</summary>
    /// <param name="checkpoint">The name of the checkpoint in the output folder.</param>
    /// <param name="files">The data.</param>
    /// <param name="free">Options besides the device that a resumed run may change.</param>
    /// <exception cref="ArgumentException">The checkpoint that is to be resumed has other settings or data, or none.</exception>
    public RunSettings Begin(ParseResult parsed, string checkpoint, string[] files, params Option[] free)
    {
        var settings = new JsonObject();
        foreach (var option in command.Options)
            if (Value(parsed, option) is { } value) settings[option.Name] = value;
        if (files.Length > 0) settings[data] = Fingerprint(files);

        string path = Path.Combine(Folder(parsed).FullName, checkpoint);
        if (Resumes(parsed))
        {
            string[] chosen = [.. command.Options.Where(o => Given(parsed, o)).Select(o => o.Name), data];
            Restore(path, settings, chosen, [device.Name, .. free.Select(o => o.Name)]);
        }

        var run = new RunSettings(Cli.Writable(Folder(parsed).FullName), path, settings, Resumes(parsed));
        Defaults.Device = Device.Of(run.Get(device));
        Defaults.Seed = run.Seed;
        Console.WriteLine($"device: {Defaults.Device.Name}");
        return run;
    }

    /// <summary>Whether an option stands on the command line.</summary>
    public static bool Given(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    // Puts the stored settings in the place of those that were not chosen.
    static void Restore(string path, JsonObject settings, string[] chosen, string[] free)
    {
        if (!File.Exists(path)) throw new ArgumentException($"--resume: there is no checkpoint {path}; leave --resume out to begin");
        var stored = Checkpoint.ReadInfo(path)[Trainer.SettingsKey] as JsonObject
            ?? throw new ArgumentException($"--resume: {path} holds no settings to go on with");
        var differing = new List<string>();
        foreach (string name in settings.Select(s => s.Key).ToArray())
        {
            if (stored[name] is not { } kept) throw new ArgumentException($"--resume: {path} holds no {name}: it is of another program");
            if (!chosen.Contains(name)) settings[name] = kept.DeepClone();
            else if (!free.Contains(name) && kept.ToJsonString() != settings[name]!.ToJsonString())
                differing.Add($"{name} {kept} (given: {settings[name]})");
        }
        if (differing.Count > 0) throw new ArgumentException($"--resume: {path} was trained with {string.Join(", ", differing)}");
    }

    // What shapes a run; files count by what is in them.
    JsonNode? Value(ParseResult parsed, Option option) => option switch
    {
        Option<int> o => parsed.GetValue(o),
        Option<ulong> o => parsed.GetValue(o),
        Option<double> o => parsed.GetValue(o),
        Option<string> o => parsed.GetValue(o),
        Option<bool> o when o != resume => parsed.GetValue(o),
        _ => null,
    };

    static string Fingerprint(string[] files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long bytes = 0;
        foreach (string file in files)
        {
            byte[] content = File.ReadAllBytes(file);
            hash.AppendData(content);
            bytes += content.Length;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes, SHA-256 {Convert.ToHexStringLower(hash.GetHashAndReset())}");
    }
}

/// <summary>Where a run writes, its settings by the names of their options, and whether it goes on from its checkpoint.</summary>
sealed record RunSettings(string Folder, string Checkpoint, JsonObject Settings, bool Resume)
{
    /// <summary>Where random numbers start.</summary>
    public ulong Seed => Settings["--seed"]!.GetValue<ulong>();

    /// <summary>The value of an option.</summary>
    public T Get<T>(Option<T> option) => Settings[option.Name]!.GetValue<T>();

    /// <summary>A file in the output folder.</summary>
    public string File(string name) => Path.Combine(Folder, name);
}
