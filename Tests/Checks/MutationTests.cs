using Xunit;

namespace NanoAttention.Tests;

/// <summary>The power of the gradient check: every case's backward pass, broken on purpose, must fail it.</summary>
public class MutationTests(ITestOutputHelper output)
{
    public static TheoryData<string> Mutations => [.. mutations.Keys];

    static readonly Dictionary<string, Func<Tensor?[], Tensor?[]>> mutations = new()
    {
        ["one percent off"] = g => Changed(g, (_, v) => v.Select(x => 1.01 * x)),
        ["wrong sign of the last input"] = g => Changed(g, (k, v) => k == g.Length - 1 ? v.Select(x => -x) : v),
        ["largest element dropped"] = g => Changed(g, (_, v) => v.Select(x => Math.Abs(x) == v.Max(Math.Abs) ? 0 : x)),
        ["last element not reached"] = g => Changed(g, (_, v) => v.Take(v.Length - 1).Append(0)),
        ["elements in reverse order"] = g => Changed(g, (_, v) => v.Reverse()),
        ["mean instead of sum over the first axis"] = g => [.. g.Select(x => x is { Rank: > 0 } && x.Shape[0] > 1 ? x / x.Shape[0] : x)],
        ["inputs swapped"] = g => g.Length > 1 && g[0]?.Shape == g[1]?.Shape ? [g[1], g[0], .. g[2..]] : g,
        ["rounded to float"] = g => Changed(g, (_, v) => v.Select(x => (double)(float)x)),
    };

    static Tensor?[] Changed(Tensor?[] gradients, Func<int, double[], IEnumerable<double>> change) =>
        [.. gradients.Select((g, k) => g is null ? null : Tensor.Of([.. change(k, g.ToDoubles())], g.Shape, g.DType))];

    [Theory, MemberData(nameof(Mutations))]
    public void A_broken_backward_is_caught(string name)
    {
        int broken = 0, caught = 0;
        var missed = new List<string>();
        foreach (var (_, example) in Cases.Values)
        {
            var sample = CaseSample.Draw(example, DType.F64);
            bool changes = false;
            var report = GradCheck.Run(() => Mutant(sample, mutations[name], () => changes = true), sample.Leaves, sample.Names, coordinates: sample.Parameters.Length == 0 ? 20 : 2);
            if (!changes) continue;
            broken++;
            if (!report.Passed) caught++;
            else missed.Add($"{example} ({report})");
        }
        output.WriteLine($"{name}: {caught} of {broken} caught");
        missed.ForEach(output.WriteLine);
        Assert.InRange(caught, broken * (name == "rounded to float" ? 0.97 : 1), broken);
        Assert.InRange(broken, 1, int.MaxValue);
    }

    // The case as one op, whose pullback is the right one followed by the mutation; whether that changed anything is noted.
    static Tensor Mutant(CaseSample sample, Func<Tensor?[], Tensor?[]> mutate, Action noteChange)
    {
        var y = sample.Apply();
        if (!y.RequiresGrad) return y;
        var leaves = sample.Leaves;
        return Reverse.Record(y.Detach().Clone(), leaves, dy =>
        {
            var right = Reverse.Gradients(y, leaves, dy, retainGraph: true);
            var wrong = mutate(right);
            for (int i = 0; i < right.Length; i++)
                if (right[i] is { } a && wrong[i] is { } b && !a.ToDoubles().SequenceEqual(b.ToDoubles())) noteChange();
            return wrong;
        }, "Mutant");
    }
}
