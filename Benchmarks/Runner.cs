using System.Collections.Immutable;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.EventProcessors;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Order;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using BenchmarkDotNet.Validators;
using Perfolizer.Horology;

namespace NanoAttention.Benchmarks;

/// <summary>How much time is spent on a number: a glance, a look, or BenchmarkDotNet's own rules.</summary>
public enum Care { Quick, Normal, Full }

/// <summary>How many seconds a run of a work took: the median of the iterations.</summary>
public sealed record Timing(Work Work, double Seconds);

/// <summary>Times works with BenchmarkDotNet and says how it goes.</summary>
static class Runner
{
    /// <summary>The times of the works that were asked for, in their order, and how many failed.</summary>
    public static (IReadOnlyList<Timing> Timings, int Failures) Run(Func<Work, bool> wanted, Care care, string folder)
    {
        int count = Suite.Works().Count(wanted);
        var summary = BenchmarkRunner.Run<Suite>(Configuration(wanted, care, folder, count));
        foreach (var error in summary.ValidationErrors.Where(e => e.IsCritical)) Console.Error.WriteLine(error.Message);
        Timing[] timings = [.. summary.Reports.Select(TimingOf).OfType<Timing>()];
        return (timings, count - timings.Length);
    }

    static IConfig Configuration(Func<Work, bool> wanted, Care care, string folder, int count) => ManualConfig.CreateEmpty()
        .AddJob(JobOf(care))
        .AddFilter(new SimpleFilter(benchmark => wanted(WorkOf(benchmark))))
        .AddValidator(JitOptimizationsValidator.FailOnError)
        .AddLogger(new ErrorLog())
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddExporter(JsonExporter.Brief)
        .AddEventProcessor(new Progress(count))
        .WithOrderer(new AsListed())
        .WithBuildTimeout(TimeSpan.FromMinutes(10))
        .WithArtifactsPath(folder);

    // A process for each work, which careful runs have, needs the SDK and the sources; short runs would spend most of their time on it.
    static Job JobOf(Care care) => care switch
    {
        Care.Full => HostEnvironmentInfo.GetCurrent().IsDotNetCliInstalled() && HasSources() ? Job.Default : Job.Default.WithToolchain(InProcessEmitToolchain.Instance),
        Care.Normal => Short(100, 3),
        _ => Short(20, 2),
    };

    static Job Short(double milliseconds, int iterations) => Job.Default
        .WithToolchain(InProcessEmitToolchain.Instance)
        .WithIterationTime(TimeInterval.FromMilliseconds(milliseconds))
        .WithWarmupCount(1)
        .WithIterationCount(iterations)
        .WithEvaluateOverhead(false)
        .WithGcForce(false);

    static bool HasSources()
    {
        for (var folder = new DirectoryInfo(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "NanoAttention.sln"))) return true;
        return false;
    }

    static Work WorkOf(BenchmarkCase benchmark) => (Work)benchmark.Parameters[nameof(Suite.Work)];

    static Timing? TimingOf(BenchmarkReport report) =>
        report.ResultStatistics is { } s ? new(WorkOf(report.BenchmarkCase), s.Median * 1e-9) : null;

    /// <summary>The order of the source, not of the names.</summary>
    sealed class AsListed : DefaultOrderer
    {
        public override IEnumerable<BenchmarkCase> GetExecutionOrder(ImmutableArray<BenchmarkCase> cases, IEnumerable<BenchmarkLogicalGroupRule>? order = null) => cases;
        protected override IEnumerable<BenchmarkCase> GetSummaryOrderForGroup(ImmutableArray<BenchmarkCase> cases, Summary summary) => cases;
    }

    /// <summary>A line for each work when it is done.</summary>
    sealed class Progress(int count) : EventProcessor
    {
        int done;

        public override void OnEndRunBenchmark(BenchmarkCase benchmark, BenchmarkReport report) =>
            Console.WriteLine($"[{++done}/{count}] {WorkOf(benchmark)}: {(TimingOf(report) is { } timing ? Units.Time(timing.Seconds) : "failed")}");
    }

    /// <summary>Passes on what went wrong; the rest is in BenchmarkDotNet's log file.</summary>
    sealed class ErrorLog : ILogger
    {
        public string Id => nameof(ErrorLog);
        public int Priority => 0;

        public void Write(LogKind kind, string text)
        {
            if (kind == LogKind.Error) Console.Error.Write(text);
        }

        public void WriteLine() { }

        public void WriteLine(LogKind kind, string text)
        {
            if (kind == LogKind.Error) Console.Error.WriteLine(text);
        }

        public void Flush() { }
    }
}
