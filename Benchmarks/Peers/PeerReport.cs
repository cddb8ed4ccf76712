using System.Globalization;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Environments;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>The comparison as Markdown, for every number of threads, and as JSON.</summary>
static class PeerReport
{
    public static string Markdown(IReadOnlyList<Comparison> runs, string title = "Peers")
    {
        var text = new StringBuilder($"# {title}\n\n- {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC\n");
        foreach (string line in HostEnvironmentInfo.GetCurrent().ToFormattedString()) text.AppendLine($"- {line}");
        text.AppendLine($"- {Device.Cpu.Name}");
        text.AppendLine();
        text.Append("Least time of interleaved runs. Ratio: the best peer's time over ours");
        text.AppendLine(runs.Any(run => run.Place.IsGpu) ? "."
            : "; of the peak: GFLOP/s of the measured peak of multiply-adds (whose mean says what others left of the machine), "
                + "or GB/s of that of moving as many bytes.");
        foreach (var run in runs)
        {
            string peak = $", peak {Units.Digits(run.Peak.Best)} GFLOP/s (in the mean {Units.Percent(run.Peak.Mean / run.Peak.Best)} of it)";
            text.AppendLine().AppendLine($"## {run.Place}{(run.Place.IsGpu ? "" : peak)}").AppendLine();
            if (run.Place.IsSimulated)
                text.AppendLine("SIMULATED: the times mean nothing and nothing is claimed of ratios; that all runs is what this shows.").AppendLine();
            text.Append(run.Place.IsGpu ? GpuTableOf(run) : TableOf(run));
            foreach (string line in Summary(run)) text.AppendLine().AppendLine(line);
        }
        text.AppendLine();
        foreach (string note in runs.SelectMany(run => run.Notes).Distinct()) text.AppendLine($"- {note}");
        return text.ToString();
    }

    static Table TableOf(Comparison run)
    {
        string[] others = [.. run.Workers.Where(name => name != PeerProgram.Ours.Name)];
        var table = new Table(1, ["row", "ours", .. others, "ratio", "goal", "met", "GFLOP/s", "GB/s", "of the peak", "same result"]);
        foreach (var r in run.Rows)
        {
            double goal = r.Row.GoalOn(run.Place.Threads), seconds = r.Ours ?? double.NaN;
            double flops = r.Row.Flops / seconds * 1e-9, bytes = r.Row.Bytes / seconds * 1e-9;
            double peak = r.Row.Tests[0].StartsWith('d') ? run.Peak.Best / 2 : run.Peak.Best;     // doubles: half the lanes
            table.Add(
            [
                r.Row.Title, Time(r, PeerProgram.Ours.Name), .. others.Select(name => Time(r, name)),
                Number(r.Ratio), Units.Digits(goal), Met(r.Ratio, goal),
                flops > 0 ? Units.Digits(flops) : "", bytes > 0 ? Units.Digits(bytes) : "",
                flops > 0 ? Units.Percent(flops / peak) : r.Memory is { } memory && bytes > 0 ? Units.Percent(bytes / memory) : "",
                Check(r),
            ]);
        }
        return table;
    }

    // Of a simulated GPU no goal is met or missed.
    static Table GpuTableOf(Comparison run)
    {
        bool simulated = run.Place.IsSimulated;
        string[] others = [.. run.Workers.Where(name => name != PeerProgram.Ours.Name)];
        string[] figures = ["ratio", "GFLOP/s", "GB/s", "of a copy", "goal", "met", "launches", "error", "exact", "same result"];
        var table = new Table(1, ["row", "ours", .. others, .. figures]);
        foreach (var r in run.Rows)
        {
            double goal = r.Row.GoalOn(run.Place.Threads), seconds = simulated ? double.NaN : r.Ours ?? double.NaN;
            string[] exact = r.Error is { } error ? [error.ToString("0.0E0", CultureInfo.InvariantCulture), r.IsExact ? "yes" : "NO"] : ["", ""];
            table.Add(
            [
                r.Row.Title, Time(r, PeerProgram.Ours.Name), .. others.Select(name => Time(r, name)), simulated ? "" : Number(r.Ratio),
                r.Row.Flops > 0 ? Number(r.Row.Flops / seconds * 1e-9) : "", r.Row.Bytes > 0 ? Number(r.Row.Bytes / seconds * 1e-9) : "",
                r.Row.OfMemory && !simulated ? Number(r.Score) : "", Units.Digits(goal), simulated ? "" : Met(r.Score, goal),
                r.Launches is { } launches ? $"{launches}" : "", .. exact, Check(r),
            ]);
        }
        return table;
    }

    static IEnumerable<string> Summary(Comparison run)
    {
        if (run.Place.IsGpu)
        {
            yield return "Goal: of a copy's speed, bytes for bytes, for softmax, layer norm, GELU and AdamW; else the best peer's time over ours. "
                + "Error: the largest of all numbers that ours computed, against F64 on the CPU, over the number and the root mean square of its "
                + "tensor; exact: at most 1e-3 (TF32 1e-2). Same result: seven sums and samples of a peer's result are ours.";
            yield break;
        }
        yield return "Goal: the ratio wanted of a row, 1 where as fast as the best peer is enough; met: whether it is reached.";
        if (Line(null) is { } best)
            yield return $"SGEMM, geometric mean of {best.Count} shapes, the best peer of each: {Goal(best.Ratio, 1)}";
        foreach (string name in run.Workers.Where(name => name.Contains("OpenBLAS", StringComparison.OrdinalIgnoreCase)))
            if (Line(name) is { } one)
                yield return $"SGEMM, geometric mean of {one.Count} shapes, {name}: {Goal(one.Ratio, run.Place.Threads == 1 ? 1.08 : 1.1)}";
        if (run.Rows.FirstOrDefault(r => r.Row.Tests[0] == "sgemm N N 1024 1024 1024") is { Ours: { } seconds } square)
            yield return $"{square.Row.Title}, of the peak of multiply-adds: {Goal(square.Row.Flops / seconds * 1e-9 / run.Peak.Best, 0.92)}";
        string[] told = [.. run.Rows.SelectMany(r => r.Same.Concat(r.Differing)), PeerProgram.Ours.Name];
        string[] silent = [.. run.Workers.Where(name => run.Rows.Any(r => r.Times.ContainsKey(name))).Except(told)];
        if (silent.Length > 0) yield return $"Times without results to compare: {string.Join(", ", silent)}.";

        (double Ratio, int Count)? Line(string? peer) => run.ProductsOver(peer) is { Count: > 0 } found ? found : null;

        static string Goal(double ratio, double goal) => $"{Units.Digits(ratio)} (goal {Units.Digits(goal)}: {Met(ratio, goal)})";
    }

    static string Time(RowTimes row, string name) => row.Times.TryGetValue(name, out var time) ? Units.Time(time.Least) : "";

    static string Number(double ratio) => double.IsNaN(ratio) ? "" : Units.Digits(ratio);

    static string Met(double ratio, double goal) => double.IsNaN(ratio) ? "" : ratio >= goal ? "yes" : "no";

    static string Check(RowTimes row) =>
        row.Differing.Count > 0 ? $"NOT {string.Join(", ", row.Differing)}" : row.Same.Count > 0 ? "yes" : "unchecked";

    /// <param name="more">What else belongs to the run.</param>
    public static string Json(IReadOnlyList<Comparison> runs, object? more = null) => JsonSerializer.Serialize(new
    {
        Machine = HostEnvironmentInfo.GetCurrent().ToFormattedString(),
        Date = DateTime.UtcNow.ToString("O", CultureInfo.InvariantCulture),
        More = more,
        Runs = runs.Select(run => new
        {
            Place = run.Place.ToString(),
            run.Place.Threads,
            run.Place.IsSimulated,
            PeakGflops = Finite(run.Peak.Best),
            MeanPeakGflops = Finite(run.Peak.Mean),
            run.Workers,
            Rows = run.Rows.Select(r => new
            {
                r.Row.Title,
                r.Row.Tests,
                Goal = r.Row.GoalOn(run.Place.Threads),
                Ratio = run.Place.IsSimulated ? null : Finite(r.Ratio),
                Score = run.Place.IsSimulated ? null : Finite(r.Score),
                r.Best,
                r.Row.Flops,
                r.Row.Bytes,
                MemoryGigabytes = r.Memory,
                Seconds = r.Times,
                r.Launches,
                Error = r.Error is { } error ? Finite(error) : null,
                SameResult = r.Same,
                OtherResult = r.Differing,
            }),
            Summary = Summary(run),
            run.Notes,
        }),
    }, new JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    static double? Finite(double x) => double.IsFinite(x) ? x : null;
}
