using System.CommandLine;
using System.Globalization;

namespace NanoAttention.Tutorials;

/// <summary><c>device list</c>: what <c>--device</c> can be, and why it cannot be more.</summary>
static class DeviceCommand
{
    public static Command Create()
    {
        var list = new Command("list", "Shows this machine's devices, with memory and driver, and why one cannot be used.");
        list.SetAction(_ => Stop.OnCtrlC(_ =>
        {
            Console.Write(Text(DeviceInfo.All, () => Device.Gpu.Name));
            return 0;
        }));
        return new Command("device", "The devices that --device chooses among.") { list };
    }

    /// <summary>A table of those that can be used, the reasons of the others, and which one <c>--device gpu</c> is.</summary>
    public static string Text(IReadOnlyList<DeviceInfo> all, Func<string> gpu)
    {
        string[][] rows =
        [
            ["--device", "what", "through", "memory", "driver", "version", "multiprocessors"],
            .. all.Where(d => d.WhyNot is null).Select(d => (string[])
                [d.Id!, d.Name, d.Api, Gibibytes(d.Memory), d.Driver, d.Capability, d.Multiprocessors > 0 ? $"{d.Multiprocessors}" : ""]),
        ];
        var columns = Enumerable.Range(0, rows[0].Length).Where(c => rows.Skip(1).Any(row => row[c].Length > 0)).ToArray();
        int[] widths = [.. columns.Select(c => rows.Max(row => row[c].Length))];
        string[] lines = [.. rows.Select(row => string.Join("  ", columns.Select((c, i) => row[c].PadRight(widths[i]))).TrimEnd())];
        string[] others = [.. all.Where(d => d.WhyNot is not null).Select(d => $"  {Title(d)}: {d.WhyNot}")];
        string chosen;
        try
        {
            chosen = $"--device gpu takes {gpu()}";
        }
        catch (NotSupportedException e)
        {
            chosen = $"--device gpu: {e.Message}";
        }
        string[] why = others.Length > 0 ? ["not usable:", .. others, ""] : [];
        return string.Join(Environment.NewLine, [.. lines, "", .. why, chosen, ""]);

        static string Title(DeviceInfo d) =>
            string.Join(", ", new[] { d.Name, d.Api, Gibibytes(d.Memory), d.Driver }.Where(text => text.Length > 0));
    }

    static string Gibibytes(long bytes) => bytes == 0 ? "" : FormattableString.Invariant($"{bytes / (double)(1 << 30):0.0} GiB");
}

/// <summary>The option with which every verb that computes is told where: what <see cref="Device.Of"/> takes.</summary>
sealed class DeviceOption : Option<string>
{
    public DeviceOption() : base("--device")
    {
        Description = "Where to compute: cpu; gpu, the best there is; gpu:1, one of several (`device list` shows them).";
        HelpName = "cpu|gpu|gpu:N";
        DefaultValueFactory = _ => "cpu";
        Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault()?.Value is { } given && given is not ("cpu" or "gpu")
                && !(given.StartsWith("gpu:", StringComparison.Ordinal) && int.TryParse(given.AsSpan(4), NumberStyles.None, null, out _)))
                result.AddError($"--device takes cpu, gpu or gpu:N, not '{given}'; `device list` shows what there is");
        });
    }

    /// <summary>The device that was asked for.</summary>
    public Device Chosen(ParseResult parsed) => Device.Of(parsed.GetValue(this)!);
}
