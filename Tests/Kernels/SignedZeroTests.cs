using Xunit;

namespace NanoAttention.Tests.Kernels;

/// <summary>Odd functions, and others with slope at 0, keep the sign of 0: f(±0) = ±0, in whole registers and in parts of one.</summary>
public class SignedZeroTests
{
    static readonly Dictionary<string, Func<Tensor, Tensor>> functions = new()
    {
        ["sin"] = x => x.Sin(),
        ["tan"] = x => x.Tan(),
        ["asin"] = x => x.Asin(),
        ["atan"] = x => x.Atan(),
        ["sinh"] = x => x.Sinh(),
        ["tanh"] = x => x.Tanh(),
        ["asinh"] = x => x.Asinh(),
        ["atanh"] = x => x.Atanh(),
        ["erf"] = x => x.Erf(),
        ["erfinv"] = x => x.Erfinv(),
        ["expm1"] = x => x.Expm1(),
        ["log1p"] = x => x.Log1p(),
        ["sqrt"] = x => x.Sqrt(),
        ["cube"] = x => x.Pow(3),
        ["softsign"] = x => x.Softsign(),
        ["hardtanh"] = x => x.Hardtanh(),
        ["leaky relu"] = x => x.LeakyRelu(),
        ["elu"] = x => x.Elu(),
        ["silu"] = x => x.Silu(),
        ["gelu"] = x => x.Gelu(),
        ["gelu tanh"] = x => x.GeluTanh(),
        ["hardswish"] = x => x.Hardswish(),
        ["mish"] = x => x.Mish(),
        ["round"] = x => x.Round(),
        ["trunc"] = x => x.Trunc(),
        ["floor"] = x => x.Floor(),
        ["ceil"] = x => x.Ceil(),
        ["clamp"] = x => x.Clamp(-1, 1),
        ["double"] = x => 2 * x,
        ["negated twice"] = x => -(-x),
        ["half"] = x => x / 2,
        ["degrees"] = x => x.Rad2Deg(),
    };

    public static TheoryData<string> Names => [.. functions.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Zeros_keep_their_sign(string name)
    {
        foreach (var type in (DType[])[DType.F32, DType.F64])
            foreach (int n in (int[])[1, 3, 4, 16, 39]) Check(name, type, n, Device.Cpu);
    }

    internal static void Check(string name, DType type, int n, Device device)
    {
        double[] zeros = [.. Enumerable.Range(0, n).Select(i => i % 3 == 1 ? 0.0 : -0.0)];
        double[] y = functions[name](Tensor.Of(zeros, [n], type, device)).ToDoubles();
        for (int i = 0; i < n; i++)
            Assert.True(BitConverter.DoubleToInt64Bits(zeros[i]) == BitConverter.DoubleToInt64Bits(y[i]), $"{name}({zeros[i]}) = {y[i]} in {type}, {i} of {n}");
    }
}
