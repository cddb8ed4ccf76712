using Xunit;

namespace NanoAttention.Tests;

/// <summary>
/// How far two computations of one function may lie apart. To first order, relative errors of size u in every value v of a graph
/// move its result s by at most u Σᵥ ⟨|∂s/∂v|, |v|⟩, which the backward pass computes exactly: the tolerance is derived for each
/// function and its numbers, not guessed.
/// </summary>
static class Rounding
{
    public const double F32 = 1.0 / (1 << 24), F64 = 1.0 / (1L << 53);        // half the distance from 1 to the next number

    /// <summary>What every value of a graph may be wrong by, in roundings. Their signs are random: the worst case of all uses 0.2 of one on the CPU.</summary>
    public const double RoundingsEach = 2;

    /// <summary>Σᵥ ⟨|∂s/∂v|, |v|⟩ over all values v of the graph behind a number s.</summary>
    public static double Sensitivity(Tensor s)
    {
        var values = new List<Tensor> { s };
        var seen = new HashSet<Node<Tensor>> { s.Source! };
        var stack = new Stack<Node<Tensor>>(seen);
        while (stack.TryPop(out var node))
            for (int i = 0; i < node.InputCount; i++)
                if (node.Input(i) is { Source: { } source } x && seen.Add(source))
                {
                    values.Add(x);
                    stack.Push(source);
                }
        var gradients = Reverse.Gradients(s, [.. values], retainGraph: true);
        double sum = 0;
        for (int i = 0; i < gradients.Length; i++)
            if (gradients[i] is { } g) sum += g.Detach().ToDoubles().Zip(values[i].Detach().ToDoubles(), (a, b) => Math.Abs(a * b)).Sum();
        return sum;
    }

    /// <summary>Random numbers, the same ones for the same shape, type and stream: a cotangent.</summary>
    public static Tensor Weights(Tensor like, ulong stream)
    {
        using (Defaults.With(DType.F32, Device.Cpu, stream)) return Tensor.Normal(like.Shape).To(like.DType).To(like.Device);
    }

    /// <summary>⟨w, y⟩, recorded; 0 for what is null.</summary>
    public static Tensor Dot(Tensor y, Tensor?[] gradients, ulong stream)
    {
        var s = (y * Weights(y, stream)).Sum();
        foreach (var g in gradients)
            if (g is not null) s += (g * Weights(g, ++stream)).Sum();
        return s;
    }

    /// <summary>
    /// The largest difference between a computation and its F64 reference, over outputs and gradients, in units of what rounding
    /// explains. Three random weightings of everything computed are compared.
    /// </summary>
    /// <param name="reference">F64 on the CPU.</param>
    /// <param name="other">The same sample in another precision or on another device.</param>
    /// <param name="unit">The rounding error of <paramref name="other"/>.</param>
    public static double Ratio(CaseSample reference, CaseSample other, double unit)
    {
        double worst = 0;
        var y = reference.Apply();
        var exact = Reverse.Gradients(y, reference.Leaves, Weights(y, 100), createGraph: true);
        var yOther = other.Apply();
        var rounded = Reverse.Gradients(yOther, other.Leaves, Weights(yOther, 100));
        for (ulong stream = 1; stream <= 31; stream += 10)
        {
            var s = Dot(y, exact, stream);
            double difference;
            using (Reverse.NoGrad()) difference = Math.Abs(s.Item() - Exactly(yOther, rounded, stream));
            worst = Math.Max(worst, difference / (unit * RoundingsEach * Sensitivity(s) + 1e-300));
        }
        return worst;
    }

    // the same weighting of a computation's results, summed in F64
    static double Exactly(Tensor y, Tensor?[] gradients, ulong stream) =>
        Dot(Wide(y), [.. gradients.Select(g => g is null ? null : Wide(g))], stream).Item();

    static Tensor Wide(Tensor x) => x.Detach().To(Device.Cpu).To(DType.F64);

    /// <summary>Asserts |a − b| ≤ tolerance · max(1, |a|∞), number by number; NaN equals NaN.</summary>
    public static void AssertClose(Tensor a, Tensor b, double tolerance, string what)
    {
        Assert.Equal(a.Shape, b.Shape);
        double[] x = a.Detach().ToDoubles(), y = b.Detach().ToDoubles();
        double scale = x.Where(double.IsFinite).Select(Math.Abs).Append(1).Max();
        for (int i = 0; i < x.Length; i++)
            Assert.True(x[i].Equals(y[i]) || Math.Abs(x[i] - y[i]) <= tolerance * scale, FormattableString.Invariant($"{what}: number {i} is {x[i]:G17} and {y[i]:G17}"));
    }
}
