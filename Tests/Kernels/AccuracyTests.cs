using Xunit;

namespace NanoAttention.Tests.Kernels;

/// <summary>
/// How far the functions of floats are from those of doubles, over every 4,099th float there is and all special ones, in the registers of
/// this machine. An error is counted in units of the last place (ulp) of the result; or, where a formula multiplies by x what cancels, as
/// GELU does far below 0, of the larger of result and x; or, for slopes, which pass through 0, of the larger of slope and 1.
/// (<see cref="LaneTests"/> measures the lanes' own functions in registers of every width, <see cref="ElementaryTests"/> doubles against
/// 20 digits.)
/// </summary>
public class AccuracyTests
{
    /// <summary>What 1 ulp is taken of.</summary>
    public enum Of { Result, LargerOfResultAndX, LargerOfResultAndOne }

    static readonly Dictionary<string, Func<Tensor, Tensor>> functions = new()
    {
        ["exp"] = x => x.Exp(),
        ["log"] = x => x.Log(),
        ["sin"] = x => x.Sin(),
        ["cos"] = x => x.Cos(),
        ["tan"] = x => x.Tan(),
        ["tanh"] = x => x.Tanh(),
        ["sigmoid"] = x => x.Sigmoid(),
        ["erf"] = x => x.Erf(),
        ["sqrt"] = x => x.Sqrt(),
        ["rsqrt"] = x => x.Rsqrt(),
        ["log2"] = x => x.Log2(),
        ["log10"] = x => x.Log10(),
        ["gelu"] = x => x.Gelu(),
        ["gelutanh"] = x => x.GeluTanh(),
        ["silu"] = x => x.Silu(),
        ["mish"] = x => x.Mish(),
        ["softplus"] = x => x.Softplus(),
        ["logsigmoid"] = x => x.LogSigmoid(),
        ["elu"] = x => x.Elu(),
    };

    [Theory]
    [InlineData("exp", 1.1)]
    [InlineData("log", 1)]
    [InlineData("sin", 2)]
    [InlineData("cos", 2)]
    [InlineData("tan", 4)]
    [InlineData("tanh", 6)]
    [InlineData("sigmoid", 3)]
    [InlineData("erf", 7)]
    [InlineData("sqrt", 0.5)]
    [InlineData("rsqrt", 2)]
    [InlineData("log2", 2)]
    [InlineData("log10", 2)]
    [InlineData("gelu", 3, Of.LargerOfResultAndX)]
    [InlineData("gelutanh", 2, Of.LargerOfResultAndX)]
    [InlineData("silu", 3, Of.LargerOfResultAndX)]
    [InlineData("mish", 3, Of.LargerOfResultAndX)]
    [InlineData("softplus", 4)]
    [InlineData("logsigmoid", 4)]
    [InlineData("elu", 4)]
    public void Floats_are_right_within(string name, double ulps, Of unit = Of.Result)
    {
        var x = Floats();
        float[] y = functions[name](Tensor.From(x, [x.Length])).ToArray<float>();
        double[] exact = functions[name](Tensor.From(x, [x.Length]).To(DType.F64)).ToArray<double>();
        Compare(name, ulps, unit, x, y, exact);
    }

    [Theory]
    [InlineData("tanh", 6)]
    [InlineData("sigmoid", 1)]
    [InlineData("gelu", 2)]
    [InlineData("gelutanh", 20)]
    [InlineData("silu", 9)]
    [InlineData("mish", 2)]
    [InlineData("softplus", 1)]
    [InlineData("logsigmoid", 1)]
    [InlineData("elu", 1)]
    public void Slopes_of_floats_are_right_within(string name, double ulps)
    {
        var x = Floats();
        Compare(name, ulps, Of.LargerOfResultAndOne, x, Slopes(DType.F32).ToArray<float>(), Slopes(DType.F64).ToArray<double>());

        Tensor Slopes(DType type)
        {
            var leaf = Tensor.From(x, [x.Length]).To(type).RequireGrad();
            var y = functions[name](leaf);
            return Reverse.Gradients(y, [leaf], Tensor.Ones(y.Shape, type))[0]!;
        }
    }

    static void Compare(string name, double ulps, Of unit, float[] x, float[] y, double[] exact)
    {
        double worst = 0;
        float at = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double floor = unit switch { Of.LargerOfResultAndX => Math.Abs((double)x[i]), Of.LargerOfResultAndOne => 1, _ => 0 };
            double error = LaneTests.Ulps(exact[i], y[i]);
            if (floor > Math.Abs(exact[i]) && double.IsFinite(error)) error = Math.Abs(exact[i] - y[i]) / LaneTests.Ulp((float)floor);
            if (!(error <= worst)) (worst, at) = (error, x[i]);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {worst:F2} ulp at {at:R}");
        Assert.True(worst <= ulps, $"{name}: {worst:F2} ulp at {at:R}");
    }

    // beside every 4,099th: zeros, infinities, NaN, the smallest and largest numbers, where exp begins to round to 0 and ∞, and where
    // erf and tanh err most
    static float[] Floats()
    {
        const uint Step = 4099;
        float[] special =
        [
            0, float.PositiveInfinity, float.NaN, float.Epsilon, 1.17549421e-38f, 1.17549435e-38f, float.MaxValue, 1, MathF.BitIncrement(1),
            MathF.BitDecrement(1), 87.3365402f, 87.3365479f, 88.7228317f, 88.7228394f, 103.278931f, 103.972076f, 103.972084f, 104, 126, 127,
            3.71458626f, 5.89929152f,
        ];
        return [.. Enumerable.Range(0, (int)(uint.MaxValue / Step) + 1).Select(i => BitConverter.UInt32BitsToSingle((uint)i * Step)),
            .. special, .. special.Select(v => -v)];
    }
}
