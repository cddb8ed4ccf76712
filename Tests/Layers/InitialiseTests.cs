using Xunit;

namespace NanoAttention.Tests.Layers;

public class InitialiseTests
{
    static (double Bound, double Deviation) Spread(Func<Tensor, Tensor> fill)
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        double[] values = fill(Initialise.Parameter([200, 100])).ToArray<double>();
        return (values.Max(Math.Abs), Math.Sqrt(values.Sum(v => v * v) / values.Length));
    }

    [Fact]
    public void UniformOnesFillTheirBounds()
    {
        Assert.Equal(Math.Sqrt(6.0 / 300), Spread(w => Initialise.XavierUniform(w)).Bound, 1e-4);
        Assert.Equal(Math.Sqrt(6.0 / 100), Spread(w => Initialise.KaimingUniform(w)).Bound, 1e-4);
        Assert.Equal(0.1, Spread(w => Initialise.UniformFan(w, 100)).Bound, 1e-4);
    }

    [Fact]
    public void GaussianOnesHaveTheirDeviations()
    {
        Assert.Equal(Math.Sqrt(2.0 / 300), Spread(w => Initialise.XavierNormal(w)).Deviation, 1e-3);
        Assert.Equal(Math.Sqrt(2.0 / 100), Spread(w => Initialise.KaimingNormal(w)).Deviation, 2e-3);
    }

    [Theory]
    [InlineData(5, 8)]
    [InlineData(8, 5)]
    [InlineData(6, 6)]
    public void OrthogonalOnesAre(int outputs, int inputs)
    {
        using var _ = Defaults.With(DType.F64, seed: 2);
        var w = Initialise.Orthogonal(Initialise.Parameter([outputs, inputs]), gain: 2).Detach();
        var product = (outputs <= inputs ? w.MatMul(w.Transpose()) : w.Transpose().MatMul(w)).ToArray<double>();
        int n = Math.Min(outputs, inputs);
        for (int i = 0; i < n * n; i++) Assert.Equal(i % (n + 1) == 0 ? 4 : 0, product[i], 1e-14);
    }

    [Fact]
    public void FansOut()
    {
        Assert.Equal(Math.Sqrt(6.0 / 200), Spread(w => Initialise.KaimingUniform(w, fanOut: true)).Bound, 1e-4);
        Assert.Equal(1 / Math.Sqrt(200), Spread(w => Initialise.KaimingNormal(w, gain: 1, fanOut: true)).Deviation, 1e-3);
    }

    // The deviation of a standard normal between ±1 is 0.5396.
    [Fact]
    public void TruncatedOnesStayInside()
    {
        var (bound, deviation) = Spread(w => Initialise.TruncatedNormal(w, std: 2, low: -2, high: 2));
        Assert.InRange(bound, 1.99, 2);
        Assert.Equal(2 * 0.5396, deviation, 1e-2);
    }

    [Fact]
    public void SomeKeepTheirInput()
    {
        using var _ = Defaults.With(DType.F64, seed: 3);
        Assert.Equal([1, 0, 0, 0, 1, 0], Initialise.Eye(Initialise.Parameter([2, 3])).ToArray<double>());
        var x = Tensor.Normal([1, 4, 5]);
        var w = Initialise.Dirac(Initialise.Parameter([4, 2, 3]), groups: 2);
        Assert.Equal(x.ToArray<double>(), x.Conv(w.Detach(), padding: 1, groups: 2).ToArray<double>());
        var sparse = Initialise.Sparse(Initialise.Parameter([5, 4]), 0.5).Detach();
        Assert.Equal([2, 2, 2, 2], sparse.CountNonZero(0).ToArray<int>());
    }

    [Fact]
    public void AGptStartsAsNanoGptDoes()
    {
        using var _ = Defaults.With(seed: 3);
        var gpt = new Gpt(new(65, Bias: true));
        foreach (var (name, p) in gpt.Named())
        {
            double[] values = p.ToDoubles();
            double deviation = Math.Sqrt(values.Sum(v => v * v) / values.Length);
            if (p.Rank == 2) Assert.Equal(name.EndsWith("c_proj.weight") ? 0.02 / Math.Sqrt(8) : 0.02, deviation, 6e-4);
            else Assert.All(values, v => Assert.Equal(name.EndsWith("bias") ? 0 : 1, v));
        }
        Assert.Equal(809_856, gpt.ParameterCount);
        Assert.All(gpt.DecayGroups(0.1)[0].Parameters, p => Assert.Equal(2, p.Rank));
        Assert.All(gpt.DecayGroups(0.1)[1].Parameters, p => Assert.Equal(1, p.Rank));
    }
}
