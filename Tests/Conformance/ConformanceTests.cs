using System.Collections.Concurrent;
using NanoAttention.Tests.Conformance;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>
/// The engine and the layers against numbers that nobody in this project wrote (see <see cref="Vectors"/>): a test a group of PyTorch's
/// cases, and one a whole model, in F64 and F32. What the engine has no op for is counted by name; it fails nothing.
/// </summary>
public sealed class ConformanceTests
{
    static readonly Lazy<TorchRunner?> runner = new(() => Vectors.Find("torch", "index.json") is { } index ? new(Path.GetDirectoryName(index)!) : null);
    static readonly Lazy<ModelRunner?> models = new(() => Vectors.Find("models", "index.json") is { } index ? new(Path.GetDirectoryName(index)!) : null);
    static readonly ConcurrentDictionary<string, Lazy<Tally>> tallies = new();

    /// <summary>The groups that the index lists, or one that says that it is absent.</summary>
    public static TheoryData<string> Groups => [.. runner.Value?.Groups ?? ["absent"]];

    /// <summary>The models that the index lists, or one that says that it is absent.</summary>
    public static TheoryData<string> Models => [.. models.Value?.Names ?? ["absent"]];

    static Tally Run(string group) => tallies.GetOrAdd($"torch/{group}", _ => new(() => runner.Value!.Run(group))).Value;

    static Tally RunModel(string name) => tallies.GetOrAdd($"models/{name}", _ => new(() => models.Value!.Run(name))).Value;

    [Theory]
    [MemberData(nameof(Groups))]
    public void PyTorch_agrees(string group)
    {
        Assert.SkipWhen(runner.Value is null, Vectors.Absent("torch", "index.json"));
        Report(Run(group));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_whole_model_agrees(string name)
    {
        Assert.SkipWhen(models.Value is null, Vectors.Absent("models", "index.json"));
        Report(RunModel(name));
    }

    [Fact]
    public void Every_case_is_counted()
    {
        Tally[] all = [.. (runner.Value?.Groups ?? []).Select(Run), .. (models.Value?.Names ?? []).Select(RunModel)];
        Assert.SkipWhen(all.Length == 0, Vectors.Absent());
        foreach (var tally in all) Console.WriteLine($"conformance {tally}");
        int passed = all.Sum(t => t.Count(Verdict.Passed)), failed = all.Sum(t => t.Count(Verdict.Failed)), missing = all.Sum(t => t.Count(Verdict.NotSupported));
        Console.WriteLine($"conformance: {passed} passed, {failed} failed, {missing} not supported");
        Assert.Equal((runner.Value?.Count ?? 0) + 2 * (models.Value?.Names.Count ?? 0), passed + failed + missing);
        Assert.Equal(0, failed);
    }

    static void Report(Tally tally)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(tally.ToString());
        Assert.True(tally.Count(Verdict.Failed) == 0, $"{tally}{Environment.NewLine}{tally.Failures}");
    }
}
