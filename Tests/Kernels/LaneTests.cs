using System.Numerics;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;
using Xunit;
using static NanoAttention.Tests.Kernels.KernelRun;

namespace NanoAttention.Tests.Kernels;

public class LaneTests
{
    interface IFormula : IUnary { double Exact(double x); }

    readonly struct Exp : IFormula
    {
        public double Exact(double x) => Math.Exp(x);
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Exp(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => y;
    }

    readonly struct Log : IFormula
    {
        public double Exact(double x) => Math.Log(x);
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Log(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1) / x;
    }

    readonly struct Sin : IFormula
    {
        public double Exact(double x) => Math.Sin(x);
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Sin(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Cos(x);
    }

    readonly struct Cos : IFormula
    {
        public double Exact(double x) => Math.Cos(x);
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Cos(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => -V.Sin(x);
    }

    readonly struct Tanh : IFormula
    {
        public double Exact(double x) => Math.Tanh(x);
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Tanh(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1) - y * y;
    }

    readonly struct Erf : IFormula
    {
        public double Exact(double x) => Special.Erf(x);
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Erf(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1.1283791670955126) * V.Exp(-x * x);
    }

    [Fact] public void Exp_is_within_an_ulp() => Float(default(Exp), 1.1);
    [Fact] public void Log_is_within_an_ulp() => Float(default(Log), 1);
    [Fact] public void Sin_is_within_two_ulps() => Float(default(Sin), 2);
    [Fact] public void Cos_is_within_two_ulps() => Float(default(Cos), 2);
    [Fact] public void Tanh_is_within_six_ulps() => Float(default(Tanh), 6);
    [Fact] public void Erf_is_within_seven_ulps() => Float(default(Erf), 7);

    [Fact]
    public void Functions_saturate_exactly_and_never_beyond()
    {
        const double Infinity = double.PositiveInfinity;
        Check<Exp>([(-Infinity, 0), (Infinity, Infinity), (1000, Infinity), (-1000, 0), (0, 1), (double.NaN, double.NaN)]);
        Check<Log>([(0, -Infinity), (-0.0, -Infinity), (-1, double.NaN), (-Infinity, double.NaN), (Infinity, Infinity), (1, 0)]);
        Check<Tanh>([(-Infinity, -1), (Infinity, 1), (30, 1), (-30, -1), (0, 0), (double.NaN, double.NaN)]);
        Check<Erf>([(-Infinity, -1), (Infinity, 1), (10, 1), (-10, -1), (0, 0), (double.NaN, double.NaN)]);
        Check<Sin>([(Infinity, double.NaN), (0, 0)]);
        Check<Cos>([(-Infinity, double.NaN), (0, 1)]);

        static void Check<F>((double X, double Y)[] pairs) where F : struct, IFormula
        {
            float[] x = Array<float>(pairs.Length, i => pairs[i].X), y = Array<float>(x.Length);
            KernelRun.Check(new Map.Forward<F, float>(default, View(x), View(y)), x.Length, y, i => pairs[i].Y, 0);
            double[] wideX = Array<double>(pairs.Length, i => pairs[i].X), wideY = Array<double>(x.Length);
            KernelRun.Check(new Map.Forward<F, double>(default, View(wideX), View(wideY)), x.Length, wideY, i => pairs[i].Y, 0);
        }
    }

    [Fact]
    public void Tanh_and_erf_stay_within_one()
    {
        const double Ulp = 1.0 / (1 << 21);     // of numbers just below 8, from where on tanh is 1
        float[] x = Array<float>(220_000, i => i < 20_000 ? i * 0.0005 : 8 - (i - 20_000) * Ulp), y = Array<float>(x.Length);
        Run<Map.Forward<Tanh, float>, float>(new(default, View(x), View(y)), 1, 0, x.Length);
        Assert.Equal((0f, 1f), (y.Min(), y.Max()));
        Run<Map.Forward<Erf, float>, float>(new(default, View(x), View(y)), 1, 0, x.Length);
        Assert.Equal((0f, 1f), (y.Min(), y.Max()));
    }

    // to 20 digits, by mpmath
    [Theory]
    [InlineData(1e-12, 1.1283791670955125512e-12)]
    [InlineData(0.3, 0.32862675945912741619)]
    [InlineData(1.9999, 0.99532019790702939169)]
    [InlineData(2, 0.99532226501895273416)]
    [InlineData(2.5, 0.99959304798255504106)]
    [InlineData(-4, -0.99999998458274209972)]
    public void Erf_in_double_precision_is_right_to_an_ulp_or_two(double x, double y) => Assert.InRange(Special.Erf(x) / y, 1 - 4e-16, 1 + 4e-16);

    [Fact]
    public void A_result_does_not_depend_on_its_neighbours()
    {
        Check<Exp>();
        Check<Log>();
        Check<Sin>();
        Check<Tanh>();
        Check<Erf>();

        static void Check<F>() where F : struct, IFormula
        {
            Random random = new(7);
            float[] x = Array<float>(997, _ => Math.Pow(10, random.Next(-44, 38)) * (random.NextDouble() - 0.4)), y = Array<float>(997), alone = Array<float>(1);
            Run<Map.Forward<F, float>, float>(new(default, View(x), View(y)), 1, 0, 997);
            for (int i = 0; i < 997; i++)
            {
                Run<Map.Forward<F, float>, float>(new(default, View(x).Slice(i, 1), View(alone)), 1, 0, 1);
                Assert.Equal(BitConverter.SingleToInt32Bits(y[i]), BitConverter.SingleToInt32Bits(alone[0]));
            }
        }
    }

    [Fact]
    public void Max_and_min_and_comparisons_see_NaN()
    {
        var (nan, one) = (Lane256<float>.Of(double.NaN), Lane256<float>.Of(1));
        Assert.True(float.IsNaN(Lane256<float>.Sum(Lane256<float>.Max(nan, one))) && float.IsNaN(Lane256<float>.Sum(Lane256<float>.Min(one, nan))));
        Assert.Equal(16, Lane256<float>.Sum(Lane256<float>.IfLess(nan, one, one, one + one)));
        Assert.Equal(16, Lane256<float>.Sum(Lane256<float>.IfEqual(nan, nan, one, one + one)));
        for (int i = 0; i < 16; i++)
        {
            float[] x = Array<float>(16, k => k == i ? double.NaN : k);
            Assert.True(float.IsNaN(Lane512<float>.Largest(Lane512<float>.Load(View(x), 0))));
            x[i] = 99;
            Assert.Equal(99, Lane512<float>.Largest(Lane512<float>.Load(View(x), 0)));
        }
    }

    // every 2999th float there is, infinities, NaN, zeros and denormals among them
    static void Float<F>(F f, double ulps) where F : struct, IFormula
    {
        const uint Step = 2999;
        int n = (int)(uint.MaxValue / Step) + 1;
        float[] x = Array<float>(n), y = Array<float>(n);
        for (int i = 0; i < n; i++) x[i] = BitConverter.UInt32BitsToSingle((uint)i * Step);
        float[] special = [0f, -0f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.Epsilon, -float.Epsilon, 1.17549435e-38f, float.MaxValue, float.MinValue, 1f, -1f];
        special.CopyTo(x, 0);
        for (int width = 0; width < 3; width++)
        {
            Run<Map.Forward<F, float>, float>(new(f, View(x), View(y)), width, 0, n);
            double worst = 0;
            float at = 0;
            for (int i = 0; i < n; i++)
            {
                double error = Ulps(f.Exact(x[i]), y[i]);
                if (error > worst) (worst, at) = (error, x[i]);
            }
            TestContext.Current.TestOutputHelper?.WriteLine($"{typeof(F).Name}, {128 << width} bits: {worst:F3} ulp at {at:R}");
            Assert.True(worst <= ulps, $"{typeof(F).Name}, {128 << width} bits: {worst:F3} ulp at {at:R}");
        }
    }

    internal static double Ulps(double exact, float actual)
    {
        float rounded = (float)exact;
        if (float.IsNaN(rounded)) return float.IsNaN(actual) ? 0 : double.PositiveInfinity;
        if (rounded == actual) return rounded == 0 || float.IsInfinity(rounded) ? 0 : Math.Abs(exact - actual) / Ulp(rounded);
        if (!float.IsFinite(actual)) return float.IsFinite(rounded) && Math.Abs(rounded) < float.MaxValue ? double.PositiveInfinity : 1;
        if (!float.IsFinite(rounded)) return Math.Abs(actual) == float.MaxValue ? 1 : double.PositiveInfinity;
        return Math.Abs(exact - actual) / Ulp(rounded);
    }

    internal static double Ulp(float x) => Math.Max(Math.Abs((double)MathF.BitIncrement(Math.Abs(x)) - Math.Abs(x)), float.Epsilon) is var u && double.IsInfinity(u) ? Math.Pow(2, 104) : u;
}
