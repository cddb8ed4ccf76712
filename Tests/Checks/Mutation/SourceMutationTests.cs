using System.Diagnostics;
using Xunit;

namespace NanoAttention.Tests.Mutation;

/// <summary>
/// The power of the gradient suite: faults sown into the source of every pullback and backward kernel must be caught by
/// <see cref="CaseCheck"/> alone. All of them with NANOATTENTION_LONG=1, else every twentieth.
/// </summary>
public class SourceMutationTests(ITestOutputHelper output)
{
    [Fact]
    public void Faults_sown_into_the_source_of_backward_passes_are_caught()
    {
        string? root = Repository();
        Assert.SkipWhen(root is null, "the sources of the repository are not beside the tests");
        int step = LongRuns.Asked ? 1 : 20;
        var clock = Stopwatch.StartNew();
        var (assembly, mutants, regions) = Sower.Run(root, step);
        var suite = new Harvest(assembly, regions);
        output.WriteLine($"{mutants.Count} faults in {regions} pullbacks and backward kernels, {clock.Elapsed.TotalSeconds:0} s");

        var uncovered = mutants.Where(m => suite.Covering(m.Region) == 0).ToArray();
        Mutant[] tried = [.. mutants.Except(uncovered).Where(m => m.Id % step == 0)];
        var survivors = tried.Where(m => !suite.Catches(m)).ToArray();
        var unexplained = survivors.Concat(uncovered).Where(m => !Equivalent.All.Any(e => e.Covers(m))).ToArray();
        foreach (var kind in tried.GroupBy(m => m.Fault).OrderBy(g => g.Key, StringComparer.Ordinal))
            output.WriteLine($"{kind.Key}: {kind.Count(m => !survivors.Contains(m))} of {kind.Count()} caught");
        foreach (var f in mutants.GroupBy(m => m.Region)
            .Where(f => f.Count() < Sower.Least)) output.WriteLine($"few: {f.Count()} {f.First()}");
        foreach (var m in unexplained) output.WriteLine($"not caught: {m}");
        int equivalent = survivors.Length - unexplained.Count(survivors.Contains);
        output.WriteLine($"mutation score: {tried.Length - survivors.Length} of {tried.Length} caught, {equivalent} equivalent, "
            + $"{unexplained.Length} unexplained, {clock.Elapsed.TotalSeconds:0} s");

        Assert.DoesNotContain(mutants.GroupBy(m => m.Region, (_, found) => found.Count()), count => count < Sower.Least);
        Assert.Empty(unexplained);
        if (step == 1) Assert.DoesNotContain(Equivalent.All, e => !survivors.Concat(uncovered).Any(e.Covers));
    }

    static string? Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "NanoAttention.sln"))) folder = folder.Parent;
        return folder?.FullName;
    }
}
