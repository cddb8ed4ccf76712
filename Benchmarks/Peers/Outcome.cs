using System.Globalization;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>What a test computed, in seven numbers: how many there are, their sum, the sum of their squares, and four of them.</summary>
readonly record struct Outcome(double Count, double Sum, double Squares, double First, double Second, double Third, double Last)
{
    /// <summary>Of a tensor, a scalar's gradient, or several.</summary>
    public static IEnumerable<Outcome> Of(object computed) => computed switch
    {
        object[] several => several.SelectMany(Of),
        Tensor x => [Of(x.ToDoubles())],
        Scalar x => [Of([x.Grad!.Value])],
        _ => throw new ArgumentException($"a test computed a {computed.GetType().Name}"),
    };

    public static Outcome Of(double[] x) => new(x.Length, x.Sum(), x.Sum(v => v * v), x[0], x[x.Length / 3], x[x.Length / 2], x[^1]);

    /// <summary>Reads a worker's answer; null where it is none.</summary>
    public static Outcome[]? Parse(string answer)
    {
        string[] words = answer.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || words.Length % 7 > 0) return null;
        double[] x = new double[words.Length];
        for (int i = 0; i < x.Length; i++)
            if (!double.TryParse(words[i], CultureInfo.InvariantCulture, out x[i])) return null;
        return [.. x.Chunk(7).Select(n => new Outcome(n[0], n[1], n[2], n[3], n[4], n[5], n[6]))];
    }

    /// <summary>Whether both are the same but for rounding: a part of the root mean square, summed as errors of any sign.</summary>
    public bool Agrees(Outcome other, double part = 1e-3)
    {
        double rms = Math.Sqrt(Squares / Count), one = part * rms + 1e-12;
        return Count == other.Count
            && Near(Sum, other.Sum, one * Math.Sqrt(Count) + 1e-6 * rms * Count) && Near(Squares, other.Squares, part * Squares + 1e-12)
            && Near(First, other.First, one) && Near(Second, other.Second, one)
            && Near(Third, other.Third, one) && Near(Last, other.Last, one);

        static bool Near(double a, double b, double error) => Math.Abs(a - b) <= error;
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Count} {Sum:G9} {Squares:G9} {First:G9} {Second:G9} {Third:G9} {Last:G9}");
}
