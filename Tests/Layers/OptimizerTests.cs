using Xunit;

namespace NanoAttention.Tests.Layers;

public class OptimizerTests
{
    // A parameter whose gradient is set by hand.
    static Tensor Parameter(params double[] values) => Tensor.Of(values, [values.Length], DType.F64).RequireGrad();

    static void Follow(Optimizer optimizer, Tensor p, double[] gradients, double[] expected)
    {
        for (int i = 0; i < gradients.Length; i++)
        {
            p.Grad = Tensor.Of([gradients[i]], [1], DType.F64);
            optimizer.Step();
            Assert.Equal(expected[i], p.ToArray<double>()[0], 1e-14);
        }
    }

    [Fact]
    public void SgdGoesAgainstTheGradient()
    {
        var p = Parameter(1);
        Follow(new Sgd([p], rate: 0.1), p, [2, -4], [0.8, 1.2]);
    }

    // b₁ = 2, p = 1 − 0.1·2; b₂ = 0.9·2 + 3 = 4.8, p = 0.8 − 0.48
    [Fact]
    public void SgdWithMomentum()
    {
        var p = Parameter(1);
        Follow(new Sgd([p], rate: 0.1, momentum: 0.9), p, [2, 3], [0.8, 0.32]);
    }

    // g = 2 + 0.5·1 = 2.5, b = 2.5, step 2.5 + 0.9·2.5 = 4.75; g = 3 + 0.5·0.525 = 3.2625, b = 0.9·2.5 + 3.2625 = 5.5125, step 3.2625 + 0.9·5.5125
    [Fact]
    public void SgdWithNesterovMomentumAndDecay()
    {
        var p = Parameter(1);
        Follow(new Sgd([p], rate: 0.1, momentum: 0.9, decay: 0.5, nesterov: true), p, [2, 3], [0.525, 0.525 - 0.1 * (3.2625 + 0.9 * 5.5125)]);
    }

    // Step 1 of Adam is η g/(|g| + ε) whatever g is; step 2 by the formula.
    [Fact]
    public void AdamTakesStepsOfTheRate()
    {
        var p = Parameter(1);
        double m = 0.9 * 0.1 * 2 + 0.1 * 3, v = 0.99 * 0.01 * 4 + 0.01 * 9;
        double second = 0.1 * (m / (1 - 0.81)) / (Math.Sqrt(v / (1 - 0.9801)) + 1e-8);
        double first = 0.1 * 2 / (2 + 1e-8);
        Follow(new Adam([p], 0.1, beta2: 0.99), p, [2, 3], [1 - first, 1 - first - second]);
    }

    [Fact]
    public void AdamDecaysThroughTheGradientAndAdamWBesideIt()
    {
        var (p, q) = (Parameter(4), Parameter(4));
        Follow(new Adam([p], 0.1, decay: 0.5), p, [-1], [4 - 0.1 * 1 / (1 + 1e-8)]);        // g = −1 + 0.5·4 = 1
        Follow(new AdamW([q], 0.1, decay: 0.5), q, [-1], [4 * (1 - 0.05) + 0.1 * 1 / (1 + 1e-8)]);
    }

    [Fact]
    public void GroupsHaveTheirOwnDecayAndRate()
    {
        var (p, q) = (Parameter(1), Parameter(1));
        var sgd = new Sgd([new ParameterGroup([p]) { Decay = 0.5 }, new ParameterGroup([q]) { RateScale = 10 }], rate: 0.1, decay: 0.1);
        (p.Grad, q.Grad) = (Tensor.Zeros([1], DType.F64), Tensor.Zeros([1], DType.F64));
        sgd.Step();
        Assert.Equal(1 - 0.1 * 0.5, p.Item(), 1e-15);
        Assert.Equal(1 - 1.0 * 0.1, q.Item(), 1e-15);
    }

    [Fact]
    public void AParameterWithoutGradientStays()
    {
        var (p, q) = (Parameter(1), Parameter(1));
        p.Grad = Tensor.Ones([1], DType.F64);
        new AdamW([p, q], 0.1).Step();
        Assert.NotEqual(1, p.Item());
        Assert.Equal(1, q.Item());
    }

    [Fact]
    public void TheSameParameterTwiceIsRefused()
    {
        var p = Parameter(1);
        Assert.Contains("given twice", Assert.Throws<ArgumentException>(() => new Sgd([p, p], 0.1)).Message);
        Assert.Contains("is no parameter", Assert.Throws<ArgumentException>(() => new Sgd([p * 2], 0.1)).Message);
    }

    [Fact]
    public void AStateThatIsNotWholeIsRefusedByName()
    {
        var (p, q) = (Parameter(1, 2), Parameter(3));
        var adam = new Adam([p, q], 0.1);
        (p.Grad, q.Grad) = (Tensor.Ones([2], DType.F64), Tensor.Ones([1], DType.F64));
        adam.Step();
        var state = adam.StateDict();
        var before = state.ToDictionary(t => t.Key, t => t.Value.ToDoubles());

        Refuses("Adam.Load: 0.exp_avg_sq is missing", s => s.Remove("0.exp_avg_sq"));
        Refuses("Adam.Load: 1.exp_avg is missing; 1.exp_avg_sq is missing", s => { s.Remove("1.exp_avg"); s.Remove("1.exp_avg_sq"); });
        Refuses("Adam.Load: 0.step is missing", s => s.Remove("0.step"));
        Refuses("Adam.Load: 0.exp_avg has shape (3), not (2); 2.step is unexpected", s => { s["0.exp_avg"] = Tensor.Ones([3]); s["2.step"] = Tensor.Scalar(1); });
        Refuses("Adam.Load: 0.exp_avg holds I32, not floating point", s => s["0.exp_avg"] = Tensor.From([1, 2], [2]));
        Refuses("Adam.Load: 1.step is -1, not at least 1", s => s["1.step"] = Tensor.Scalar(-1, DType.I32));
        adam.Load(state);
        adam.Load(new Dictionary<string, Tensor>());
        Assert.Empty(adam.StateDict());

        void Refuses(string message, Action<OrderedDictionary<string, Tensor>> spoil)
        {
            var spoilt = new OrderedDictionary<string, Tensor>(state);
            spoil(spoilt);
            Assert.Equal(message, Assert.Throws<ArgumentException>(() => adam.Load(spoilt)).Message);
            Assert.Equal(before, adam.StateDict().ToDictionary(t => t.Key, t => t.Value.ToDoubles()));
        }
    }

    [Fact]
    public void WithoutMomentumSgdRemembersItsStepsAlone()
    {
        var p = Parameter(1);
        p.Grad = Tensor.Ones([1], DType.F64);
        var plain = new Sgd([p], 0.1);
        plain.Step();
        Assert.Equal(["0.step"], plain.StateDict().Keys);
        new Sgd([p], 0.1).Load(plain.StateDict());
        Assert.Equal("Sgd.Load: 0.momentum_buffer is missing", Assert.Throws<ArgumentException>(() => new Sgd([p], 0.1, momentum: 0.9).Load(plain.StateDict())).Message);
    }

    [Fact]
    public void ZeroGradKeepsTheBuffer()
    {
        var p = Parameter(1, 2);
        (p * p).Sum().Backward();
        var grad = p.Grad!;
        Assert.Equal([2, 4], grad.ToArray<double>());
        new Sgd([p], 0.1).ZeroGrad();
        Assert.Same(grad, p.Grad);
        Assert.Equal([0, 0], grad.ToArray<double>());
    }

    // norm 13; c = 6.5/(13 + 1e-6)
    [Fact]
    public void ClippingScalesAllGradientsTogether()
    {
        var (p, q) = (Parameter(0, 0), Parameter(0));
        (p.Grad, q.Grad) = (Tensor.Of([3, 4], [2], DType.F64), Tensor.Of([12], [1], DType.F64));
        Assert.Equal(13, GradientClipping.Norm([p, q], 6.5).Item(), 1e-14);
        double c = 6.5 / (13 + 1e-6);
        Assert.Equal([3 * c, 4 * c], p.Grad!.ToArray<double>());
        Assert.Equal(12 * c, q.Grad!.Item());
        Assert.Equal(13 * c, GradientClipping.Norm([p, q], 1000).Item(), 1e-14);
        Assert.Equal(12 * c, q.Grad!.Item());
    }

    [Fact]
    public void GradientsThatDoNotFitAreRefusedBeforeAnythingIsChanged()
    {
        var (p, q) = (Parameter(1), Parameter(1, 2));
        var adam = new Adam([p, q], 0.1);
        p.Grad = Tensor.Of([1], [1], DType.F64);
        foreach (var wrong in (Tensor[])[Tensor.Of([1], [1], DType.F64), Tensor.Of([1, 2], [2], DType.F32)])
        {
            q.Grad = wrong;
            Assert.StartsWith("Adam: a gradient (", Assert.Throws<InvalidOperationException>(adam.Step).Message);
            Assert.Equal([1], p.ToDoubles());
            Assert.Empty(adam.StateDict());
        }
    }

    // a gradient that is too large to be copied
    [Fact]
    public void AStepThatFailsMidwayLeavesNothingForTheNext()
    {
        var (p, large) = (Parameter(1), Tensor.Ones([], DType.F64).Expand(40_000, 40_000).RequireGrad());
        var adam = new Adam([p, large], 0.1);
        p.Grad = Tensor.Of([2], [1], DType.F64);
        large.Grad = large.Detach();
        Assert.ThrowsAny<Exception>(adam.Step);
        Assert.Equal(0.9, p.Item(), 1e-8);
        (p.Grad, large.Grad) = (null, null);
        adam.Step();
        Assert.Equal(0.9, p.Item(), 1e-8);
    }

    // F32 beside F64, and part of a larger tensor, transposed
    [Fact]
    public void ClippingTakesGradientsOfAnyTypeAndLayout()
    {
        var (p, q, r) = (Parameter(0, 0), Tensor.Zeros([3], DType.F32).RequireGrad(), Tensor.Zeros([2, 2], DType.F64).RequireGrad());
        var whole = Tensor.Of([1, 2, 3, 4, 5, 6], [3, 2], DType.F64);
        (p.Grad, q.Grad, r.Grad) = (Tensor.Of([3, 4], [2], DType.F64), Tensor.Of([1, 2, 3], [3], DType.F32), whole.Slice(0, 0, 2).Transpose());
        double norm = Math.Sqrt(25 + 14 + 30), c = 1 / (norm + 1e-6);
        Assert.Equal(norm, GradientClipping.Norm([p, q, r], 1).Item(), 1e-14);
        Assert.Equal([3 * c, 4 * c], p.Grad!.ToDoubles());
        Assert.Equal([(float)c, 2 * (float)c, 3 * (float)c], q.Grad!.ToArray<float>());
        Assert.Equal([c, 3 * c, 2 * c, 4 * c], r.Grad!.ToDoubles());
        Assert.Equal([5, 6], whole.Slice(0, 2, 1).ToDoubles());
    }

    [Fact]
    public void ClippingGivesTheSameBitsWhateverTheThreads()
    {
        int threads = Device.Cpu.Threads;
        try
        {
            var runs = new[] { 1, 2, 3 }.Select(count =>
            {
                Device.Cpu.Threads = count;
                using var _ = Defaults.With(seed: 3);
                Tensor[] all = [.. new[] { 1, 100_003, 17, 0, 40_000, 16_384 }.Select(n => Tensor.Zeros([n], DType.F32).RequireGrad())];
                foreach (var p in all) p.Grad = Tensor.Normal(p.Shape, dtype: DType.F32);
                double norm = GradientClipping.Norm(all, 1).Item();
                return (norm, Sum: string.Join(' ', all.SelectMany(p => p.Grad!.ToArray<float>())));
            }).ToArray();
            Assert.All(runs, run => Assert.Equal(runs[0], run));
            Assert.InRange(runs[0].norm, 390, 400);
        }
        finally
        {
            Device.Cpu.Threads = threads;
        }
    }

    [Fact]
    public void SchedulesFollowTheirFormulas()
    {
        var cosine = Schedule.WarmupCosine(1e-3, 1e-4, warmup: 100, end: 2000);
        Assert.Equal(1e-3 / 101, cosine(0), 1e-15);
        Assert.Equal(1e-3 * 100 / 101, cosine(99), 1e-15);
        Assert.Equal(1e-3, cosine(100), 1e-15);
        Assert.Equal(5.5e-4, cosine(1050), 1e-15);
        Assert.Equal(1e-4, cosine(2000), 1e-15);
        Assert.Equal(1e-4, cosine(9999), 1e-15);
        Assert.Equal(0.5, Schedule.WarmupLinear(1, 0, 10)(5), 1e-15);
        Assert.Equal(0.25, Schedule.Steps(1, 5, 0.5)(14), 1e-15);
        Assert.Equal(0.5, Schedule.InverseRoot(1, 4)(16), 1e-15);
        Assert.Equal(0.81, Schedule.Exponential(1, 0.9)(2), 1e-15);
    }

    // (Σ|g|ᵖ)^(1/p) of 3, −4 and 12
    [Theory]
    [InlineData(1.0, 19.0)]
    [InlineData(0.0, 2.0)]
    [InlineData(3.0, 12.2070550)]
    [InlineData(double.PositiveInfinity, 12.0)]
    public void ClippingByOtherNorms(double order, double norm)
    {
        var (p, q) = (Parameter(0, 0), Parameter(0));
        (p.Grad, q.Grad) = (Tensor.Of([3, -4], [2], DType.F64), Tensor.Of([12], [1], DType.F64));
        Assert.Equal(norm, GradientClipping.Norm([p, q], 6, order).Item(), 1e-6);
        Assert.Equal(-4 * Math.Min(1, 6 / norm), p.Grad!.ToArray<double>()[1], 1e-5);
    }

    [Fact]
    public void ClippingByValue()
    {
        var (p, q) = (Parameter(0, 0, 0), Parameter(0));
        p.Grad = Tensor.Of([3, -4, 0.5], [3], DType.F64);
        GradientClipping.Value([p, q], 1);
        Assert.Equal([1, -1, 0.5], p.Grad!.ToArray<double>());
    }

    [Fact]
    public void MaximizingGoesAlongTheGradient()
    {
        var p = Parameter(1);
        Follow(new Sgd([p], rate: 0.1) { Maximize = true }, p, [2, -4], [1.2, 0.8]);
    }

    // v = 0.1·4, a = 0.1·2: √(v − a²) = 0.6, u = 2/0.6
    [Fact]
    public void CentredRmsPropDividesByTheDeviation()
    {
        var p = Parameter(1);
        Follow(new RmsProp([p], 0.3, alpha: 0.9, epsilon: 0, centered: true), p, [2], [0]);
    }

    // The step grows by 1.2 while the sign stays; where it turns, it halves and the number stays; then it has no sign to turn from.
    [Fact]
    public void RpropFollowsSigns()
    {
        var p = Parameter(1);
        Follow(new Rprop([p], 0.1), p, [2, 5, -1, -1], [0.9, 0.78, 0.78, 0.84]);
    }

    // Decay 0.1 in place of 0: (1 − 0.1·1)·1 − 1·2; average the last, then of two.
    [Fact]
    public void AveragedSgdKeepsTheMean()
    {
        var p = Parameter(1);
        var sgd = new AveragedSgd([p], rate: 1, delta: 0.1, alpha: 0, start: 0);
        Follow(sgd, p, [2, 0, 0], [-1.1, -0.99, -0.891]);
        Assert.Equal((-0.99 - 0.891) / 2, sgd.StateDict()["0.ax"].Item(), 1e-14);
    }

    public static TheoryData<string> Kinds => [.. kinds.Keys];

    static readonly Dictionary<string, Func<IEnumerable<Tensor>, Optimizer>> kinds = new()
    {
        ["Sgd"] = p => new Sgd(p, 0.1, momentum: 0.9),
        ["Adam"] = p => new Adam(p, 0.1),
        ["Adam, amsgrad"] = p => new Adam(p, 0.1, decay: 0.1, amsgrad: true),
        ["AdamW, amsgrad"] = p => new AdamW(p, 0.1, amsgrad: true),
        ["RmsProp"] = p => new RmsProp(p, 0.1, momentum: 0.5, centered: true, decay: 0.1),
        ["Adagrad"] = p => new Adagrad(p, 0.1, rateDecay: 0.1, initial: 0.5),
        ["Adadelta"] = p => new Adadelta(p),
        ["Adamax"] = p => new Adamax(p, 0.1),
        ["NAdam"] = p => new NAdam(p, 0.1),
        ["RAdam"] = p => new RAdam(p, 0.1, beta2: 0.9),
        ["Rprop"] = p => new Rprop(p),
        ["AveragedSgd"] = p => new AveragedSgd(p, 0.1, start: 2),
    };

    // f = Σ (p − 3)² from 1, in steps that read the default dtype and device.
    static double[] Steps(Optimizer optimizer, Tensor p, int count)
    {
        for (int i = 0; i < count; i++)
        {
            using var scope = Scope.Begin();
            optimizer.ZeroGrad();
            var away = p - 3;
            (away * away * (i % 3 == 2 ? -1 : 1)).Sum().Backward();
            optimizer.Step();
        }
        return p.ToDoubles();
    }

    static Tensor Start => Tensor.Of([1, 2.5, -3], [3]).RequireGrad();

    [Theory, MemberData(nameof(Kinds))]
    public void AnOptimizerGoesOnBitForBit(string kind)
    {
        using var _ = Defaults.With(DType.F32);
        var (p, q) = (Start, Start);
        Optimizer first = kinds[kind]([p]), second = kinds[kind]([q]);
        Steps(first, p, 7);
        Steps(second, q, 2);
        second.Load(first.StateDict());
        q.CopyFrom(p.Detach());
        Assert.Equal(Steps(first, p, 5), Steps(second, q, 5));
    }

    [Theory, MemberData(nameof(Kinds))]
    [Trait("Category", "Gpu")]
    public void TheGpuTakesTheStepsOfTheCpu(string kind)
    {
        Assert.SkipWhen(Device.WhyNoGpu is not null, Device.WhyNoGpu ?? "");
        var (cpu, gpu) = (On(Device.Cpu), On(Device.Gpu));
        for (int i = 0; i < cpu.Length; i++) Assert.Equal(cpu[i], gpu[i], 1e-5);

        double[] On(Device device)
        {
            using var _ = Defaults.With(DType.F32, device);
            var p = Start;
            return Steps(kinds[kind]([p]), p, 7);
        }
    }

    [Fact]
    public void SchedulesOfPyTorch()
    {
        Assert.Equal([0.25, 0.25, 1, 1], First(4, Schedule.Constant(1, 0.25, 2)));
        Assert.Equal([0.5, 0.75, 1, 1], First(4, Schedule.Linear(1, 0.5, 1, 2)));
        Assert.Equal([4, 1, 0, 0], First(4, Schedule.Polynomial(4, 2, 2)));
        Assert.Equal([1, 0.5, 0.5, 0.125], First(4, Schedule.Steps(1, [3, 1, 3], 0.5)));
        Assert.Equal([2, 1, 0, 1, 2, 1], First(6, Schedule.Cosine(2, 0, 2)));
        Assert.Equal([2, 1, 2, 1.707106781187, 1, 0.292893218813, 2], First(7, Schedule.CosineRestarts(2, 0, 2, 2)));
        Assert.Equal([2, 1, 2, 1], First(4, Schedule.CosineRestarts(2, 0, 2)));
        Assert.Equal([1, 2, 3, 1, 1.5, 2, 1], First(7, Schedule.Cyclic(1, 3, 2, 1, (c, _) => Math.Pow(0.5, c))));
        Assert.Equal([0, 1, 0.75, 0.5, 0.25, 0, 0], First(7, Schedule.OneCycle(0, 1, 0, 6, rise: 2 / 6.0, straight: true)));
        Assert.Equal([1, 2, 1, 0.5, 0], First(5, Schedule.OneCycle(1, 2, 0, 5, rise: 0.4, threePhases: true)));
        Assert.Equal([5, 5, 4, 2], First(4, Schedule.Sequence((2, Schedule.Constant(5)), (0, Schedule.Exponential(4, 0.5)))));

        static double[] First(int steps, Func<int, double> schedule) => [.. Enumerable.Range(0, steps).Select(t => Math.Round(schedule(t), 12))];
    }

    [Fact]
    public void WeightsAreAveraged()
    {
        using var _ = Defaults.With(DType.F64);
        var layer = new Linear(1, 1, bias: false);
        WeightAverage mean = new(layer), moving = new(layer, decay: 0.75);
        foreach (double value in new double[] { 4, 8, 0 })
        {
            layer.Weight.Fill(value);
            mean.Update();
            moving.Update();
        }
        Assert.Equal(4, mean.StateDict()["weight"].Item(), 1e-15);
        Assert.Equal(5 * 0.75, moving.StateDict()["weight"].Item(), 1e-15);     // 4, 5, 3.75

        mean.Exchange();
        Assert.Equal(4, layer.Weight.Item(), 1e-15);
        mean.Exchange();
        Assert.Equal(0, layer.Weight.Item());

        var other = new WeightAverage(layer);
        other.Load(mean.StateDict());
        mean.Update();
        other.Update();
        Assert.Equal(3, other.StateDict()["weight"].Item(), 1e-15);
        Assert.Equal(mean.StateDict()["weight"].Item(), other.StateDict()["weight"].Item());
        Assert.Equal("WeightAverage.Load: bias: missing or unexpected",
            Assert.Throws<ArgumentException>(() => other.Load(new Dictionary<string, Tensor>(mean.StateDict()) { ["bias"] = Tensor.Ones([1]) })).Message);
    }
}
