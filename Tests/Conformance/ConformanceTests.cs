using System.Collections.Concurrent;
using NanoAttention.Tests.Conformance;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>
/// The engine and the layers against numbers that nobody in this project wrote (see <see cref="Vectors"/>): a test a group of PyTorch's
/// or ONNX's cases, and one a whole model, in F64 and F32. What the engine has no op for is counted by name; it fails nothing.
/// </summary>
public sealed class ConformanceTests : IClassFixture<Guarded>
{
    static readonly Lazy<TorchRunner?> torch = new(() => Folder("torch") is { } folder ? new(folder) : null);
    static readonly Lazy<OnnxRunner?> onnx = new(() => Folder("onnx") is { } folder ? new(folder) : null);
    static readonly Lazy<ModelRunner?> models = new(() => Folder("models") is { } folder ? new(folder) : null);
    static readonly ConcurrentDictionary<string, Lazy<Tally>> tallies = new();

    static string? Folder(string source) => Path.GetDirectoryName(Vectors.Find(source, "index.json"));

    /// <summary>The groups that an index lists, or one that says that it is absent.</summary>
    public static TheoryData<string> TorchGroups => [.. torch.Value?.Groups ?? ["absent"]];

    /// <inheritdoc cref="TorchGroups"/>
    public static TheoryData<string> OnnxGroups => [.. onnx.Value?.Groups ?? ["absent"]];

    /// <summary>The models that the index lists, or one that says that it is absent.</summary>
    public static TheoryData<string> Models => [.. models.Value?.Names ?? ["absent"]];

    static Tally RunTorch(string group) => tallies.GetOrAdd($"torch/{group}", _ => new(() => torch.Value!.Run(group))).Value;

    static Tally RunOnnx(string group) => tallies.GetOrAdd($"onnx/{group}", _ => new(() => onnx.Value!.Run(group))).Value;

    static Tally RunModel(string name) => tallies.GetOrAdd($"models/{name}", _ => new(() => models.Value!.Run(name))).Value;

    [Theory]
    [MemberData(nameof(TorchGroups))]
    public void PyTorch_agrees(string group)
    {
        Assert.SkipWhen(torch.Value is null, Vectors.Absent("torch", "index.json"));
        Report(RunTorch(group));
    }

    [Theory]
    [MemberData(nameof(OnnxGroups))]
    public void Onnx_agrees(string group)
    {
        Assert.SkipWhen(onnx.Value is null, Vectors.Absent("onnx", "index.json"));
        Report(RunOnnx(group));
    }

    [Fact]
    public void Onnx_agrees_in_single_precision() => RunOnnx(Device.Cpu);

    [Fact]
    public void PyTorch_agrees_in_single_precision() => RunTorch(Device.Cpu);

    [Fact]
    [Trait("Category", "Gpu")]
    public void Onnx_agrees_on_the_GPU()
    {
        Assert.SkipWhen(LongRuns.WhyNotOnTheGpu is not null, LongRuns.WhyNotOnTheGpu ?? "");
        RunOnnx(Device.Gpu);
    }

    [Fact]
    [Trait("Category", "Gpu")]
    public void PyTorch_agrees_on_the_GPU()
    {
        Assert.SkipWhen(LongRuns.WhyNotOnTheGpu is not null, LongRuns.WhyNotOnTheGpu ?? "");
        RunTorch(Device.Gpu);
    }

    static void RunOnnx(Device device)
    {
        Assert.SkipWhen(onnx.Value is null, Vectors.Absent("onnx", "index.json"));
        var runner = new OnnxRunner(Folder("onnx")!, DType.F32, device);
        Assert.All(runner.Groups.ToArray(), group => Report(runner.Run(group)));
    }

    static void RunTorch(Device device)
    {
        Assert.SkipWhen(torch.Value is null, Vectors.Absent("torch", "index.json"));
        Assert.All(torch.Value.SingleGroups.ToArray(), group => Report(torch.Value.Run(group, DType.F32, device)));
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
        Tally[] all =
        [
            .. (torch.Value?.Groups ?? []).Select(RunTorch),
            .. (onnx.Value?.Groups ?? []).Select(RunOnnx),
            .. (models.Value?.Names ?? []).Select(RunModel),
        ];
        Assert.SkipWhen(all.Length == 0, Vectors.Absent());
        foreach (var tally in all) Console.WriteLine($"conformance {tally}");
        int passed = Count(Verdict.Passed), failed = Count(Verdict.Failed), missing = Count(Verdict.NotSupported);
        Console.WriteLine($"conformance: {passed} passed, {failed} failed, {missing} not supported");
        Assert.Equal((torch.Value?.Count ?? 0) + (onnx.Value?.Count ?? 0) + 2 * (models.Value?.Names.Count ?? 0), passed + failed + missing);
        Assert.Equal(0, failed);

        int Count(Verdict verdict) => all.Sum(t => t.Count(verdict));
    }

    static void Report(Tally tally)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(tally.ToString());
        Assert.True(tally.Count(Verdict.Failed) == 0, $"{tally}{Environment.NewLine}{tally.Failures}");
    }
}
