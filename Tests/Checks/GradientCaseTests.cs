using Xunit;

namespace NanoAttention.Tests;

/// <summary>What listing a case buys, first: its gradients are checked. Adding an op or a layer needs no test beyond its cases.</summary>
public class GradientCaseTests : IClassFixture<Guarded>
{
    public static TheoryData<string> Names => Cases.Names;

    [Theory, MemberData(nameof(Names))]
    public void Gradients_of_both_orders_match_central_differences(string name)
    {
        var row = CaseCheck.Run(Cases.Of(name));
        Assert.True(row.Passed, row.Failure);
    }

    [Theory, MemberData(nameof(Names))]
    public void Gradients_match_at_other_magnitudes(string name)
    {
        var example = Cases.Of(name);
        foreach (double magnitude in new[] { 1e-3, 1e3 })
        {
            var sample = CaseSample.Draw(example, DType.F64, magnitude: magnitude);
            if (!Measurable(sample)) continue;
            GradCheck.Run(() => sample.Apply(), sample.Leaves, sample.Names, coordinates: 20).ThrowIfFailed();
        }
    }

    // exp 2000 is not: it overflows; 1e-6 x + 1000 is not: rounding inside drowns what x does
    static bool Measurable(CaseSample sample)
    {
        var y = sample.Apply();
        double[] values = y.ToDoubles();
        if (!values.All(v => Math.Abs(v) < 1e12)) return false;
        if (!y.RequiresGrad) return true;
        var weights = Rounding.Weights(y, 5);
        var s = (y * weights).Sum();
        var g = Reverse.Gradients(s, sample.Leaves, retainGraph: true);
        double ends = s.Detach().Abs().Item() + (y.Detach() * weights).Abs().Sum().Item();
        for (int i = 0; i < g.Length; i++)
            if (g[i] is { } slope) ends += (slope * sample.Leaves[i].Detach()).Abs().Sum().Item();
        return Rounding.Sensitivity(s) < 100 * ends;
    }
}
