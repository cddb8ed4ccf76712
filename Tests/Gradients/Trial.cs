using Xunit;
using Number = NanoAttention.Kernels.Dual<NanoAttention.Tests.Gradients.Real>;

namespace NanoAttention.Tests.Gradients;

/// <summary>An op with its arguments and its inputs, and what it is by definition.</summary>
/// <param name="Call">The call, for a report.</param>
/// <param name="Inputs">What it is differentiated with respect to.</param>
/// <param name="Op">The function of the inputs' views.</param>
/// <param name="Reference">
/// The same as loops over indices. Its numbers carry tangents, so it says what the op's Jacobian is too, without a step size.
/// </param>
sealed record Trial(string Call, Operand[] Inputs, Func<Tensor[], Tensor> Op, Func<Grid<Number>[], Grid<Number>> Reference)
{
    /// <summary>
    /// The values and the Jacobian are the reference's, the gradient that of differences, and, if asked, the second one too.
    /// </summary>
    public void Check(bool second)
    {
        using var _ = Defaults.With(DType.F64, Device.Cpu, seed: 11);
        Tensor[] leaves = [.. Inputs.Select(x => x.Leaf)], directions = [.. leaves.Select(x => Tensor.Normal(x.Shape))];
        var y = Apply();
        var expected = Reference([.. Inputs.Select((x, i) => Grid.Of(x.View(leaves[i]), x.View(directions[i])))]);

        Assert.Equal(expected.Shape, y.Shape);
        double[] values = y.Detach().ToDoubles(), cotangent = Tensor.Normal(y.Shape).ToDoubles();
        double scale = values.Select(Math.Abs).Append(1).Max();
        for (int i = 0; i < values.Length; i++)
            Assert.True(Math.Abs(values[i] - expected.Values[i].Plain()) <= 1e-11 * scale,
                $"number {i} is {values[i]:R}, not {expected.Values[i].Plain():R}");

        var gradients = y.RequiresGrad ? Reverse.Gradients(y, leaves, Tensor.From(cotangent, y.Shape)) : new Tensor?[leaves.Length];
        double[] forward = [.. expected.Values.Zip(cotangent, (n, v) => n.Tangent.Value * v)];                      // ⟨Ju, v⟩
        double[] backward = [.. gradients.Zip(directions, (g, u) => g is null ? 0 : (g * u).Sum().Item())];         // ⟨u, Jᵀv⟩
        double size = forward.Concat(backward).Sum(Math.Abs) + 1;
        Assert.True(Math.Abs(forward.Sum() - backward.Sum()) <= 1e-10 * size, $"⟨Ju, v⟩ is {forward.Sum():R}, ⟨u, Jᵀv⟩ {backward.Sum():R}");

        GradCheck.Run(Apply, leaves, coordinates: 8).ThrowIfFailed();
        if (second) GradCheck.Second(Apply, leaves, coordinates: 4).ThrowIfFailed();
    }

    Tensor Apply() => Op([.. Inputs.Select(x => x.View(x.Leaf))]);
}

/// <summary>What FsCheck draws, shrinks and prints: the decisions that a trial is made by.</summary>
sealed class Example(Func<Draw, Trial> make, int[] choices)
{
    public const int Choices = 60, Largest = 59;       // of which 60 has many divisors, so that each choice is about as likely

    public Trial Trial => make(new(choices));

    /// <summary>Fewer decisions, or simpler ones.</summary>
    public IEnumerable<Example> Simpler()
    {
        for (int length = 0; length < choices.Length; length = (length + choices.Length + 1) / 2) yield return new(make, choices[..length]);
        for (int i = 0; i < choices.Length; i++)
            foreach (int less in new[] { 0, choices[i] / 2, choices[i] - 1 }.Where(c => c >= 0 && c < choices[i]).Distinct())
                yield return new(make, choices.With(i, less));
    }

    public override string ToString() => Trial.Call;
}
