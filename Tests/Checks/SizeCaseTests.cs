using Xunit;

namespace NanoAttention.Tests;

/// <summary>What listing a case buys: other sizes, zero among them, work as well, or are refused with a reason.</summary>
public class SizeCaseTests : IClassFixture<Guarded>
{
    public static TheoryData<string> Names => Cases.Names;

    [Theory, MemberData(nameof(Names))]
    public void Other_sizes_work_or_are_refused_by_name(string name)
    {
        var example = Cases.Of(name);
        int[] sizes = [.. example.Inputs.SelectMany(x => x.Shape.Sizes.ToArray()).Where(n => n > 1).Distinct()];
        foreach (int size in sizes)
            foreach (int other in new[] { 0, 1, 19 })        // 19: more than one register of every width, and a rest
            {
                var changed = example with { Inputs = [.. example.Inputs.Select(x => x with { Shape = Resized(x.Shape, size, other) })] };
                var sample = CaseSample.Draw(changed, DType.F64);
                Tensor y;
                try
                {
                    y = sample.Apply();
                }
                // x.Unbind()[2] of two
                catch (IndexOutOfRangeException e) when (e.StackTrace!.Split('\n')[..2].Any(frame => frame.Contains("Cases>")))
                {
                    continue;
                }
                catch (ArgumentException refused)
                {
                    Assert.Matches(@"^\w+: ", refused.Message);
                    continue;
                }
                if (other > 0) CheckIfFinite(sample, y);
                else if (y.RequiresGrad) Reverse.Gradients(y, sample.Leaves, Rounding.Weights(y, 5), createGraph: true);
            }

        static void CheckIfFinite(CaseSample sample, Tensor y)
        {
            if (!y.ToDoubles().All(double.IsFinite)) return;            // the variance of one number
            bool op = sample.Parameters.Length == 0;                    // a layer's many parameters: directions say enough
            GradCheck.Run(() => sample.Apply(), sample.Leaves, sample.Names, coordinates: op ? 20 : 2).ThrowIfFailed();
            if (op) GradCheck.Second(() => sample.Apply(), sample.Leaves, sample.Names, coordinates: 4).ThrowIfFailed();
        }
    }

    static Shape Resized(Shape shape, int size, int other) => [.. shape.Sizes.ToArray().Select(n => n == size ? other : n)];
}
