using System.Collections.Concurrent;
using NanoAttention.Tests.Conformance;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>
/// The engine and the layers against numbers that nobody in this project wrote (see <see cref="Vectors"/>): a test a group of PyTorch's
/// cases, and one a whole model. What the engine has no op for is counted by name; it fails nothing.
/// </summary>
public sealed class ConformanceTests
{
    static readonly Lazy<TorchRunner?> runner = new(() => Vectors.Find("torch", "index.json") is { } index ? new(Path.GetDirectoryName(index)!) : null);
    static readonly ConcurrentDictionary<string, Lazy<Tally>> tallies = new();

    /// <summary>The groups that the index lists, or one that says that it is absent.</summary>
    public static TheoryData<string> Groups => [.. runner.Value?.Groups ?? ["absent"]];

    static Tally Run(string group) => tallies.GetOrAdd(group, g => new(() => runner.Value!.Run(g))).Value;

    [Theory]
    [MemberData(nameof(Groups))]
    public void PyTorch_agrees(string group)
    {
        Assert.SkipWhen(runner.Value is null, Vectors.Absent("torch", "index.json"));
        var tally = Run(group);
        TestContext.Current.TestOutputHelper?.WriteLine(tally.ToString());
        Assert.True(tally.Count(Verdict.Failed) == 0, $"{tally}{Environment.NewLine}{tally.Failures}");
    }

    [Theory]
    [InlineData("gpt_nobias", DType.F64)]
    [InlineData("gpt_nobias", DType.F32)]
    [InlineData("gpt_bias", DType.F64)]
    [InlineData("gpt_bias", DType.F32)]
    [InlineData("seq2seq_bahdanau", DType.F64)]
    [InlineData("seq2seq_bahdanau", DType.F32)]
    public void A_whole_model_agrees(string name, DType dtype)
    {
        string? folder = Vectors.Find("models", name);
        Assert.SkipWhen(folder is null, Vectors.Absent("models", name));
        ModelCase model = name.StartsWith("gpt", StringComparison.Ordinal) ? new GptCase(folder, dtype) : new Seq2SeqCase(folder, dtype);
        model.Check();
    }

    [Fact]
    public void Every_case_is_counted()
    {
        Assert.SkipWhen(runner.Value is null, Vectors.Absent("torch", "index.json"));
        Tally[] all = [.. runner.Value.Groups.Select(Run)];
        foreach (var tally in all) Console.WriteLine($"conformance torch/{tally}");
        int passed = all.Sum(t => t.Count(Verdict.Passed)), failed = all.Sum(t => t.Count(Verdict.Failed)), missing = all.Sum(t => t.Count(Verdict.NotSupported));
        Console.WriteLine($"conformance: {passed} passed, {failed} failed, {missing} not supported");
        Assert.Equal(runner.Value.Count, passed + failed + missing);
        Assert.Equal(0, failed);
    }
}
