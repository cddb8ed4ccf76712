using NanoAttention.Tutorials;

namespace NanoAttention.Benchmarks;

/// <summary>The speed of every rung of the matmul ladder over the size of the matrices, with the size from which on the GPU is ahead.</summary>
static class SpeedChart
{
    /// <summary>Null where no product was timed.</summary>
    /// <param name="peak">The processor's, in GFLOP/s, on all its threads.</param>
    public static Figure? Of(IReadOnlyList<Timing> timings, double peak)
    {
        Series[] series = [.. timings.Where(t => t.Work is Product).GroupBy(t => ((Product)t.Work).Rung.Title, (title, of) => Speeds(title, [.. of]))];
        if (series.Length == 0) return null;
        double[] ends = [series.Min(s => s.X[0]), series.Max(s => s.X[^1])];
        return new LineChart("Matrix multiplication, (n, n) × (n, n)", [.. series, new("CPU peak", ends, [peak, peak])])
        {
            XLabel = "n",
            YLabel = "GFLOP/s",
            LogX = true,
            LogY = true,
            Markers = true,
        };
    }

    static Series Speeds(string title, Timing[] timings) => new(title, [.. timings.Select(t => (double)((Product)t.Work).Size)], [.. timings.Select(Report.Speed)]);
}
