using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;
using Xunit;
using static NanoAttention.Tests.Kernels.KernelRun;

namespace NanoAttention.Tests.Kernels;

/// <summary>
/// The formulas of <see cref="Elementary"/> and <see cref="Special"/>: in doubles against mpmath, in floats against doubles over the
/// whole range.
/// </summary>
public class ElementaryTests
{
    readonly struct Log1p : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Log1p(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Expm1 : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Expm1(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Exp2 : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Exp2(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Sinh : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Sinh(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Cosh : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Cosh(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Asinh : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Asinh(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Acosh : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Acosh(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Atanh : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Atanh(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Asin : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Asin(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Acos : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Acos(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Atan : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Atan(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Erfc : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Special.Erfc(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Gauss : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Special.Gauss(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Erfinv : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Special.Erfinv(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct LogGamma : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Special.LogGamma(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Digamma : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Special.Digamma(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Trigamma : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Special.Trigamma(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Truncate : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Truncate(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    readonly struct Round : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => Elementary.Round(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    interface IRunner
    {
        double[] Doubles(double[] x);
        float[] Floats(float[] x, int width);
    }

    sealed class Runner<F> : IRunner where F : struct, IUnary
    {
        public double[] Doubles(double[] x) => Go<double>(x, 1);
        public float[] Floats(float[] x, int width) => Go<float>(x, width);

        static T[] Go<T>(T[] x, int width) where T : unmanaged
        {
            T[] input = Array<T>(x.Length), y = Array<T>(x.Length);
            x.CopyTo(input, 0);
            Run<Map.Forward<F, T>, T>(new(default, View(input), View(y)), width, 0, x.Length);
            return y;
        }
    }

    static readonly Dictionary<string, IRunner> formulas = new()
    {
        [nameof(Log1p)] = new Runner<Log1p>(),
        [nameof(Expm1)] = new Runner<Expm1>(),
        [nameof(Exp2)] = new Runner<Exp2>(),
        [nameof(Sinh)] = new Runner<Sinh>(),
        [nameof(Cosh)] = new Runner<Cosh>(),
        [nameof(Asinh)] = new Runner<Asinh>(),
        [nameof(Acosh)] = new Runner<Acosh>(),
        [nameof(Atanh)] = new Runner<Atanh>(),
        [nameof(Asin)] = new Runner<Asin>(),
        [nameof(Acos)] = new Runner<Acos>(),
        [nameof(Atan)] = new Runner<Atan>(),
        [nameof(Erfc)] = new Runner<Erfc>(),
        [nameof(Gauss)] = new Runner<Gauss>(),
        [nameof(Erfinv)] = new Runner<Erfinv>(),
        [nameof(LogGamma)] = new Runner<LogGamma>(),
        [nameof(Digamma)] = new Runner<Digamma>(),
        [nameof(Trigamma)] = new Runner<Trigamma>(),
        [nameof(Truncate)] = new Runner<Truncate>(),
        [nameof(Round)] = new Runner<Round>(),
    };

    // x and f(x) to 20 digits, by mpmath
    [Theory]
    [InlineData(nameof(Log1p), 3, 1e-20, 9.9999999999999994515e-21, -1e-09, -1.0000000005000000626e-9, 3e-05, 0.000029999550008999798265,
        0.3, 0.26236426446749104350, -0.999999, -13.815510557935518440, 10000000000, 23.025850930040456840,
        -0.4, -0.51082562376599072021)]
    [InlineData(nameof(Expm1), 4, 1e-20, 9.9999999999999994516e-21, -1e-09, -9.9999999950000006245e-10, 3e-05, 0.000030000450004500034510,
        0.3, 0.34985880757600308900, -0.999, -0.63175249538633707846, 1.5, 3.4816890703380648226, -40, -0.99999999999999999575,
        700, 1.0142320547350045095e304)]
    [InlineData(nameof(Exp2), 4, 0.5, 1.4142135623730950488, -0.3, 0.81225239635623552886, 10.7, 1663.4929077375695310,
        1023.9, 1.6773070034857415561e308, -1021.3, 3.6146431472842932470e-308, 1e-10, 1.0000000000693147181)]
    [InlineData(nameof(Sinh), 4, 1e-09, 1.0000000000000000624e-9, 0.3, 0.30452029344714260735, -0.99, -1.1598288906636082857,
        1.5, 2.1292794550948174968, -20.5, -399951088.73775270273, 709.9, 1.0107010280597819584e308, 710.3, 1.5077887555909710044e308)]
    [InlineData(nameof(Cosh), 4, 1e-09, 1.0000000000000000005, 0.3, 1.0453385141288604816, -0.99, 1.5314055816856539795,
        1.5, 2.3524096152432473258, -20.5, 399951088.73775270398, 709.9, 1.0107010280597819584e308, 710.3, 1.5077887555909710044e308)]
    [InlineData(nameof(Asinh), 5, 1e-09, 1.0000000000000000621e-9, 0.3, 0.29567304756342242847, -0.99, -0.87428481218729492045,
        1.5, 1.1947632172871093041, -20.5, -3.7141664205721173756, 100000000, 19.113827924512310807, 1000000000000, 28.324168296488493518,
        1e300, 691.46867507877365057)]
    [InlineData(nameof(Acosh), 5, 1.0000000001, 0.000014142136208675861355, 1.3, 0.75643291085695963970, 2, 1.3169578969248167086,
        20.5, 3.7129766511733947208, 100000000, 19.113827924512310757, 1000000000000, 28.324168296488493518,
        1e300, 691.46867507877365057)]
    [InlineData(nameof(Atanh), 5, 1e-09, 1.0000000000000000626e-9, 0.3, 0.30951960420311170327, -0.5, -0.54930614433405484570,
        0.99, 2.6466524123622457514, -0.9999999999, -11.859499013855017285)]
    [InlineData(nameof(Asin), 4, 1e-09, 1.0000000000000000624e-9, 0.3, 0.30469265401539749633, -0.5, -0.52359877559829887308,
        0.99, 1.4292568534704693375, -0.9999999999, -1.5707821846586877077, 1, 1.5707963267948966192)]
    [InlineData(nameof(Acos), 4, 1e-09, 1.5707963257948966192, 0.3, 1.2661036727794991229, -0.5, 2.0943951023931954923,
        0.99, 0.14153947332442728171, -0.9999999999, 3.1415785114535843269, 0.9999999999, 0.000014142136208911563644,
        -1, 3.1415926535897932385)]
    [InlineData(nameof(Atan), 3, 1e-09, 1.0000000000000000619e-9, 0.3, 0.29145679447786708181, -0.41, -0.38909723105527839833,
        0.42, 0.39762799152212930079, 1, 0.78539816339744830962, -2.4, -1.1760052070951350894, 2.5, 1.1902899496825317329,
        20.5, 1.5220544754849650288, -1e300, -1.5707963267948966192)]
    [InlineData(nameof(Erfc), 6, 1e-09, 0.99999999887162083290, 0.3, 0.67137324054087258381, -0.5, 1.5204998778130465377,
        0.99, 0.16149193044463020018, 2.5, 0.00040695201744495893956, 5.5, 7.3578479179743980631e-15, 12.3, 9.0299251494820678338e-68,
        26, 5.6631924088561428465e-296, -3, 1.9999779095030014146)]
    [InlineData(nameof(Gauss), 4, 1e-09, 0.99999999999999999900, 0.3, 0.91393118527122819284, -2.7, 0.00068232805275637596179,
        9.1, 1.0866106407459875588e-36, 26.4, 2.0611893636665213954e-303)]
    [InlineData(nameof(Erfinv), 6, 1e-09, 8.8622692545275806908e-10, 0.3, 0.27246271472675434502, -0.5, -0.47693627620446987338,
        0.9, 1.1630871536766741628, 0.99, 1.8213863677184494559, -0.997, -2.0985076117936707023, 0.9999, 2.7510639057120796917,
        0.99999999, 4.0522372432687633554, -0.9999999999999, -5.2614833313726762591)]
    [InlineData(nameof(LogGamma), 8, 1e-09, 20.723265836369195430, 0.3, 1.0957979948180755606, 0.5, 0.57236494292470008707,
        0.999999, 5.7721648738556523794e-7, 1.000001, -5.7721484238741466506e-7, 1.5, -0.12078223763524522235,
        1.999999, -4.2278401259658537019e-7, 2.000001, 4.2278465762452923620e-7, 2.9, 0.60286961024931136757, 3.1, 0.78737508327386253378,
        5.5, 3.9578139676187162939, 7.99, 8.5050116060884811057, 8.01, 8.5453244297477329331, 100.5, 361.43554046777762156,
        10000000000, 220258509288.81058147, 1e300, 6.8977552789821374147e302, -0.5, 1.2655121234846453965, -2.25, 0.55550154502064747059,
        -10.3, -14.457515440024208334)]
    [InlineData(nameof(Digamma), 12, 1e-09, -1000000000.5772156010, 0.3, -3.5025242222001331249, 1, -0.57721566490153286061,
        2, 0.42278433509846713939, 5.5, 1.6110931485817511237, 7.99, 2.0143092220462237995,
        8.01, 2.0169719639065192858, 100.5, 4.6051743525818452119, 10000000000, 23.025850929890456840, -0.5, 0.036489973978576520559,
        -2.25, 4.1585835646579722748, -10.3, 4.6624034935820870175)]
    [InlineData(nameof(Trigamma), 8, 1e-09, 999999999999999877.08, 0.3, 12.245364546107731301, 1, 1.6449340668482264365,
        1.5, 0.93480220054467930942, 2, 0.64493406684822643647, 5.5, 0.19934238698962765913, 7.99, 0.13331424565985759635,
        8.01, 0.13296025365300944152, 100.5, 0.0099999166695831027116, 10000000000, 1.0000000000500000000e-10,
        -0.5, 8.9348022005446793094, -2.25, 19.379410511869137363, -10.3, 14.986887065722637820)]
    public void Doubles_are_right_to_a_few_ulps(string name, double ulps, params object[] table)
    {
        var (x, exact) = Columns(table);
        var y = formulas[name].Doubles(x);
        double worst = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double error = Math.Abs(y[i] - exact[i]) / (Math.BitIncrement(Math.Abs(exact[i])) - Math.Abs(exact[i]));
            worst = Math.Max(worst, error);
            Assert.True(error <= ulps, $"{name}({x[i]:R}) is {y[i]:R}, {error:F1} ulp from {exact[i]:R}");
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {worst:F2} ulp");
    }

    // x, f(x), x, f(x), …
    static (double[] X, double[] Exact) Columns(object[] table)
    {
        double[] numbers = [.. table.Select(Convert.ToDouble)];
        return ([.. numbers.Where((_, i) => i % 2 == 0)], [.. numbers.Where((_, i) => i % 2 == 1)]);
    }

    // every 19997th float there is
    [Theory]
    [InlineData(nameof(Log1p), 3)]
    [InlineData(nameof(Expm1), 4)]
    [InlineData(nameof(Exp2), 4)]
    [InlineData(nameof(Sinh), 5)]
    [InlineData(nameof(Cosh), 4)]
    [InlineData(nameof(Asinh), 5)]
    [InlineData(nameof(Acosh), 5)]
    [InlineData(nameof(Atanh), 6)]
    [InlineData(nameof(Asin), 5)]
    [InlineData(nameof(Acos), 5)]
    [InlineData(nameof(Atan), 3)]
    [InlineData(nameof(Erfc), 7)]
    [InlineData(nameof(Gauss), 4)]
    [InlineData(nameof(Erfinv), 8)]
    [InlineData(nameof(Truncate), 0)]
    [InlineData(nameof(Round), 0)]
    public void Floats_are_right_to_a_few_ulps(string name, double ulps)
    {
        const uint Step = 19997;
        float[] x = [.. Enumerable.Range(0, (int)(uint.MaxValue / Step) + 1).Select(i => BitConverter.UInt32BitsToSingle((uint)i * Step))];
        double[] exact = formulas[name].Doubles([.. x.Select(v => (double)v)]);
        double worst = 0;
        float at = 0;
        for (int width = 0; width < 3; width++)
        {
            var y = formulas[name].Floats(x, width);
            for (int i = 0; i < x.Length; i++)
                if (LaneTests.Ulps(exact[i], y[i]) is var error && error > worst) (worst, at) = (error, x[i]);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {worst:F2} ulp at {at:R}");
        Assert.True(worst <= ulps, $"{name}: {worst:F2} ulp at {at:R}");
    }

    // where they grow slowly or cross 0 an error is measured against 1
    [Theory]
    [InlineData(nameof(LogGamma), 0.01, 50, 2e-6)]
    [InlineData(nameof(LogGamma), -20, -0.01, 4e-6)]
    [InlineData(nameof(Digamma), 0.01, 50, 2e-6)]
    [InlineData(nameof(Trigamma), 0.01, 50, 2e-6)]
    public void Floats_of_the_gamma_functions(string name, double low, double high, double tolerance)
    {
        float[] x = [.. Enumerable.Range(0, 10_000).Select(i => (float)(low + (high - low) * i / 10_000))], y = formulas[name].Floats(x, 1);
        double[] exact = formulas[name].Doubles([.. x.Select(v => (double)v)]);
        for (int i = 0; i < x.Length; i++) Near(exact[i], y[i], tolerance, $"{name}({x[i]:R})");
    }

    const double Infinity = double.PositiveInfinity, NaN = double.NaN;

    [Theory]
    [InlineData(nameof(Log1p), -1, -Infinity, -2, NaN, Infinity, Infinity, -Infinity, NaN, NaN, NaN)]
    [InlineData(nameof(Expm1), -Infinity, -1, Infinity, Infinity, NaN, NaN)]
    [InlineData(nameof(Exp2), 3, 8, -Infinity, 0, Infinity, Infinity, 1024, Infinity, -1100, 0, NaN, NaN)]
    [InlineData(nameof(Sinh), -Infinity, -Infinity, Infinity, Infinity, NaN, NaN)]
    [InlineData(nameof(Cosh), -Infinity, Infinity, Infinity, Infinity, 0, 1, NaN, NaN)]
    [InlineData(nameof(Asinh), -Infinity, -Infinity, Infinity, Infinity, NaN, NaN)]
    [InlineData(nameof(Acosh), 1, 0, Infinity, Infinity, 0.99, NaN, -1, NaN, -1e300, NaN, -Infinity, NaN, NaN, NaN)]
    [InlineData(nameof(Atanh), 1, Infinity, -1, -Infinity, 1.01, NaN, -3, NaN, Infinity, NaN, NaN, NaN)]
    [InlineData(nameof(Asin), 1, Math.PI / 2, -1, -Math.PI / 2, 1.01, NaN, -Infinity, NaN, NaN, NaN)]
    [InlineData(nameof(Acos), 1, 0, -1, Math.PI, 0, Math.PI / 2, 1.01, NaN, -Infinity, NaN, NaN, NaN)]
    [InlineData(nameof(Atan), Infinity, Math.PI / 2, -Infinity, -Math.PI / 2, NaN, NaN)]
    [InlineData(nameof(Erfc), 0, 1, Infinity, 0, -Infinity, 2, 1e300, 0, NaN, NaN)]
    [InlineData(nameof(Erfinv), 1, Infinity, -1, -Infinity, 1.01, NaN, NaN, NaN)]
    [InlineData(nameof(LogGamma), 1, 0, 2, 0, 0, Infinity, -3, Infinity, Infinity, Infinity, -Infinity, Infinity, NaN, NaN)]
    [InlineData(nameof(Digamma), 0, -Infinity, -0.0, Infinity, -3, NaN, Infinity, Infinity, NaN, NaN)]
    [InlineData(nameof(Round), 0.5, 0, 1.5, 2, -2.5, -2, 0.49999999999999994, 0, 4503599627370497, 4503599627370497,
        -Infinity, -Infinity, NaN, NaN)]
    [InlineData(nameof(Truncate), -0.5, 0, -1.5, -1, 2.7, 2, Infinity, Infinity, NaN, NaN)]
    public void Edges_of_domains(string name, params object[] table)
    {
        var (x, exact) = Columns(table);
        var y = formulas[name].Doubles(x);
        for (int i = 0; i < x.Length; i++) Near(exact[i], y[i], 1e-15, $"{name}({x[i]:R})");
    }

    readonly struct Power : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.Pow(a, b);
    }

    readonly struct Remainder : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.Rem(a, b);
    }

    readonly struct Angle : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => Elementary.Atan2(a, b);
    }

    readonly struct Length : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => Elementary.Hypot(a, b);
    }

    // edges with each other, then any two numbers there are
    internal static (T[] A, T[] B) Pairs<T>(Func<Random, double> number) where T : unmanaged, System.Numerics.INumber<T>
    {
        double[] edges = [0, -0.0, 1, -1, 0.5, -0.5, 2, 3, -3, 1e-40, 1e30, -1e30, Infinity, -Infinity, NaN];
        Random random = new(5);
        double[] a = [.. edges.SelectMany(x => edges.Select(_ => x)), .. Enumerable.Range(0, 20_000).Select(_ => number(random))];
        double[] b = [.. edges.SelectMany(_ => edges), .. Enumerable.Range(0, 20_000).Select(_ => number(random))];
        return (Array<T>(a.Length, i => a[i]), Array<T>(b.Length, i => b[i]));
    }

    internal static double AnyFloat(Random random) => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
    static double AnyDouble(Random random) => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
    internal static double Ordinary(Random random) => Math.Exp(6 * random.NextDouble() - 3);

    [Fact]
    public void Pairs_of_floats_are_right_to_an_ulp()
    {
        Floats<Power>(AnyFloat, Math.Pow, 0.51);
        Floats<Power>(Ordinary, Math.Pow, 0.51);
        Floats<Remainder>(AnyFloat, (x, y) => x % y, 0);
        Floats<Angle>(AnyFloat, Math.Atan2, 4);
        Floats<Angle>(Ordinary, Math.Atan2, 4);
        Floats<Length>(AnyFloat, double.Hypot, 3);

        static void Floats<F>(Func<Random, double> number, Func<double, double, double> exact, double ulps) where F : struct, IBinaryFunction
        {
            var (a, b) = Pairs<float>(number);
            var y = Array<float>(a.Length);
            var layout = Layout.Of([a.Length], [1], [1]);
            for (int width = 0; width < 3; width++)
            {
                Run<Zip.Forward<F, float>, float>(new(default, View(a), View(b), View(y), layout), width, 0, layout.Rows);
                for (int i = 0; i < a.Length; i++) Check<F>(a[i], b[i], y[i], LaneTests.Ulps(exact(a[i], b[i]), y[i]), ulps);
            }
        }
    }

    [Fact]
    public void Pairs_of_doubles_are_right_to_a_few_ulps()
    {
        Doubles<Power>(AnyDouble, Math.Pow, 0);
        Doubles<Remainder>(AnyDouble, (x, y) => x % y, 0);
        Doubles<Angle>(AnyDouble, Math.Atan2, 4);
        Doubles<Angle>(Ordinary, Math.Atan2, 4);
        Doubles<Length>(AnyDouble, double.Hypot, 3);

        static void Doubles<F>(Func<Random, double> number, Func<double, double, double> exact, double ulps) where F : struct, IBinaryFunction
        {
            var (a, b) = Pairs<double>(number);
            var y = Array<double>(a.Length);
            var layout = Layout.Of([a.Length], [1], [1]);
            Run<Zip.Forward<F, double>, double>(new(default, View(a), View(b), View(y), layout), 1, 0, layout.Rows);
            for (int i = 0; i < a.Length; i++)
            {
                double wanted = exact(a[i], b[i]), size = Math.Abs(wanted);
                double error = wanted.Equals(y[i]) ? 0 : Math.Abs(wanted - y[i]) / (size - Math.BitDecrement(size));
                Check<F>(a[i], b[i], y[i], error, ulps);
            }
        }
    }

    static void Check<F>(double a, double b, double y, double error, double ulps) =>
        Assert.True(error <= ulps, $"{typeof(F).Name}({a:R}, {b:R}) is {y:R}, {error:F2} ulp off");

    [Fact]
    public void The_sign_of_zero_counts()
    {
        double[] a = Array<double>(4, i => i < 2 ? 0.0 : -0.0), b = Array<double>(4, i => i % 2 == 0 ? 1 : -1), y = Array<double>(4);
        var layout = Layout.Of([4], [1], [1]);
        Run<Zip.Forward<Angle, double>, double>(new(default, View(a), View(b), View(y), layout), 1, 0, layout.Rows);
        Assert.Equal([0.0, Math.PI, -0.0, -Math.PI], y);
        Assert.Equal([false, false, true, true], y.Select(double.IsNegative));
    }
}
