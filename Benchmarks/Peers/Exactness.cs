using System.Globalization;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>How far a test's numbers are from the same test's in F64 on the CPU, all of them.</summary>
static class Exactness
{
    /// <summary>
    /// The most that a result in single precision may be off: rounding, in sums of a few thousand numbers and in the steps of a model, is
    /// far below it, a mistake far above. TF32 keeps 10 of 23 bits of each factor.
    /// </summary>
    public static double Bound(PeerRow row) => row.Tests[0].StartsWith("tf32", StringComparison.Ordinal) ? 1e-2 : 1e-3;

    /// <summary>The largest error of a number, over its size and its tensor's root mean square together; NaN where there is no such test.</summary>
    public static string Of(Func<string[], Func<object>?> prepare, string[] test)
    {
        using var scope = Scope.Begin();
        double[][] computed = Numbers();
        using var exactly = Defaults.With(DType.F64, Device.Cpu);
        double[][] exact = Numbers();
        double worst = computed.Length == 0 || computed.Length != exact.Length ? double.NaN
            : computed.Zip(exact).Select(pair => Error(pair.First, pair.Second)).Aggregate(Math.Max);       // keeps NaN
        return worst.ToString("G3", CultureInfo.InvariantCulture);

        double[][] Numbers() => prepare(test) is { } run ? [.. Flat(run())] : [];

        static IEnumerable<double[]> Flat(object computed) => computed switch
        {
            object[] several => several.SelectMany(Flat),
            Tensor x => [x.ToDoubles()],
            _ => [],
        };
    }

    public static double Error(double[] computed, double[] exact)
    {
        if (computed.Length != exact.Length) return double.NaN;
        double rms = Math.Sqrt(exact.Sum(x => x * x) / Math.Max(1, exact.Length)), worst = 0;
        for (int i = 0; i < exact.Length; i++)
            worst = Math.Max(worst, Math.Abs(computed[i] - exact[i]) / (rms + Math.Abs(exact[i]) + 1e-30));
        return worst;
    }
}
