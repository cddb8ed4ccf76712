using System.Text;
using BenchmarkDotNet.Environments;
using NanoAttention.Benchmarks.Peers;

namespace NanoAttention.Benchmarks;

/// <summary>The timings as tables, in Markdown that reads as plain text too.</summary>
static class Report
{
    static readonly string[] Nothing = [];

    /// <param name="peaks">The processor's peak in GFLOP/s, by the number of threads.</param>
    public static string Of(IReadOnlyList<Timing> timings, IReadOnlyDictionary<int, double> peaks)
    {
        var text = new StringBuilder("# Benchmarks\n\n");
        foreach (string line in HostEnvironmentInfo.GetCurrent().ToFormattedString()) text.AppendLine($"- {line}");
        foreach (var device in Machine.Devices) text.AppendLine($"- {device.Name}");
        if (Machine.Skipped is { } reason) text.AppendLine($"- {reason}");
        foreach (var (threads, speed) in peaks) text.AppendLine($"- measured peak of multiply-adds, {threads} thread{(threads == 1 ? "" : "s")}: {Units.Digits(speed)} GFLOP/s");
        Section(text, "Matrix multiplication, (n, n) × (n, n)", Products(timings, peaks));
        foreach (string line in SpeedChart.Crossovers(timings)) text.AppendLine().AppendLine(line);
        Section(text, "GPU: launches and transfers", Transfers(timings));
        Section(text, "Operations and layers", Cases(timings));
        Section(text, "The rows of `peers`", Peers(timings));
        return text.ToString();
    }

    /// <summary>Billions of floating-point operations a second.</summary>
    public static double Speed(Timing product) => ((Product)product.Work).Flops / product.Seconds * 1e-9;

    static void Section(StringBuilder text, string title, Table? table)
    {
        if (table is not null) text.AppendLine().AppendLine($"## {title}").AppendLine().Append(table);
    }

    static Table? Products(IReadOnlyList<Timing> timings, IReadOnlyDictionary<int, double> peaks)
    {
        Timing[] products = [.. timings.Where(t => t.Work is Product)];
        if (products.Length == 0) return null;
        var table = new Table(1, "kernel", "n", "time", "GFLOP/s", "of the peak");
        foreach (var timing in products)
        {
            var (rung, size) = (Product)timing.Work;
            table.Add(rung.Title, $"{size}", Units.Time(timing.Seconds), Units.Digits(Speed(timing)),
                peaks.TryGetValue(rung.Threads, out double peak) ? Units.Percent(Speed(timing) / peak) : "");
        }
        return table;
    }

    static Table? Transfers(IReadOnlyList<Timing> timings)
    {
        Timing[] transfers = [.. timings.Where(t => t.Work is Transfer)];
        if (transfers.Length == 0) return null;
        var table = new Table(1, "what", "bytes", "time", "GB/s");
        foreach (var timing in transfers)
        {
            var work = (Transfer)timing.Work;
            bool moves = work.Kind is TransferKind.Upload or TransferKind.Download;
            table.Add(work.Title, moves ? Units.Bytes(work.Bytes) : "", Units.Time(timing.Seconds / work.Times), moves ? Units.Digits(work.Bytes / timing.Seconds * 1e-9) : "");
        }
        return table;
    }

    static Table? Cases(IReadOnlyList<Timing> timings)
    {
        var byCase = timings.Where(t => t.Work is CaseWork).ToLookup(t => CaseWork.Title(((CaseWork)t.Work).Case));
        if (byCase.Count == 0) return null;
        Device[] devices = [.. Machine.Devices];
        var columns = from device in devices from pass in (string[])["forward", "both ways"] select $"{Short(device)} {pass}";
        var table = new Table(2, ["what", "on", .. columns, .. devices.Length > 1 ? ["forward, CPU : GPU"] : Nothing]);
        foreach (var timed in byCase)
        {
            var example = ((CaseWork)timed.First().Work).Case;
            double[] times = [.. from device in devices from backward in (bool[])[false, true] select Find(timed, device, backward)];
            string[] ahead = devices.Length > 1 ? [$"{Units.Digits(times[0] / times[2])}"] : Nothing;
            table.Add([CaseWork.Label(example), string.Join(", ", example.Timed!.Inputs), .. times.Select(Time), .. ahead]);
        }
        return table;
    }

    static Table? Peers(IReadOnlyList<Timing> timings)
    {
        Timing[] rows = [.. timings.Where(t => t.Work is PeerWork)];
        if (rows.Length == 0) return null;
        var table = new Table(1, "what", "time", "GFLOP/s", "GB/s");
        foreach (var timing in rows)
        {
            var row = ((PeerWork)timing.Work).Row;
            table.Add(row.Title, Units.Time(timing.Seconds), Rate(row.Flops), Rate(row.Bytes));

            string Rate(double amount) => amount > 0 ? Units.Digits(amount / timing.Seconds * 1e-9) : "";
        }
        return table;
    }

    static double Find(IEnumerable<Timing> timings, Device device, bool backward) =>
        timings.FirstOrDefault(t => t.Work is CaseWork work && work.Device == device && work.Backward == backward)?.Seconds ?? double.NaN;

    static string Time(double seconds) => double.IsNaN(seconds) ? "" : Units.Time(seconds);

    static string Short(Device device) => device == Device.Cpu ? "CPU" : "GPU";
}
