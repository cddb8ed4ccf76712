using NanoAttention.Tutorials;

namespace NanoAttention.Benchmarks;

/// <summary>The speed of every rung of the matmul ladder, on all threads, over the size of the matrices, with the size from which on the GPU is ahead.</summary>
static class SpeedChart
{
    const string Title = "Matrix multiplication, (n, n) × (n, n)";

    /// <summary>Null where no product was timed.</summary>
    /// <param name="peak">The processor's, in GFLOP/s, on all its threads.</param>
    public static Figure? Of(IReadOnlyList<Timing> timings, double peak)
    {
        Series[] series = [.. Ladder(timings).Where(l => l.Rung.Device != Device.Cpu || l.Rung.Threads == Device.Cpu.Threads).Select(l => l.Speeds)];
        if (series.Length == 0) return null;
        double[] ends = [series.Min(s => s.X[0]), series.Max(s => s.X[^1])];
        Series[] all = [.. series, new("CPU peak", ends, [peak, peak])];
        return Rivals(timings).FirstOrDefault() is ({ } cpu, { } gpu) ? new CrossoverChart(Title, all, cpu.Name, gpu.Name) { XLabel = "n" }
            : new LineChart(Title, all) { XLabel = "n", YLabel = "GFLOP/s", LogX = true, LogY = true, Markers = true };
    }

    /// <summary>Where the engine's kernel on the GPU is ahead of that on the CPU: without and with the numbers' way there and back.</summary>
    public static IEnumerable<string> Crossovers(IReadOnlyList<Timing> timings)
    {
        foreach (var (cpu, gpu) in Rivals(timings))
        {
            bool[] ahead = [.. cpu.X.Zip(cpu.Y).Join(gpu.X.Zip(gpu.Y), c => c.First, g => g.First, (c, g) => g.Second > c.Second)];
            string where = CrossoverChart.Crossover(cpu, gpu) is { } n ? $"from n ≈ {Math.Round(n)} on" : ahead.All(a => a) ? "at every size" : "at no size, or not at the largest";
            yield return $"{gpu.Name} is ahead of {cpu.Name} {where}.";
        }
    }

    static IEnumerable<(Rung Rung, Series Speeds)> Ladder(IReadOnlyList<Timing> timings) =>
        from timing in timings
        where timing.Work is Product
        group timing by ((Product)timing.Work).Rung.Title into rung
        select (((Product)rung.First().Work).Rung, new Series(rung.Key, [.. rung.Select(t => (double)((Product)t.Work).Size)], [.. rung.Select(Report.Speed)]));

    // the best of the CPU beside each run of the GPU's best
    static IEnumerable<(Series Cpu, Series Gpu)> Rivals(IReadOnlyList<Timing> timings)
    {
        var best = Ladder(timings).Where(l => l.Rung.Name.StartsWith("registers", StringComparison.Ordinal)).ToArray();
        return
            from cpu in best.Where(l => l.Rung.Device == Device.Cpu).OrderByDescending(l => l.Rung.Threads).Take(1)
            from gpu in best.Where(l => l.Rung.Device != Device.Cpu)
            select (cpu.Speeds, gpu.Speeds);
    }
}
