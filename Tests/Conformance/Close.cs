using System.Globalization;

namespace NanoAttention.Tests.Conformance;

/// <summary>An actual value that is not the expected one; the message says where and by how much.</summary>
public sealed class MismatchException(string message) : Exception(message);

/// <summary>
/// |actual − expected| ≤ absolute + relative · |expected| for every number; nan equals nan (or, where PyTorch's is an artefact,
/// anything finite), and an infinity itself. What is said of those that differ is where it is worst.
/// </summary>
public static class Close
{
    public static void Check(string what, Tensor actual, Tensor expected, double relative, double absolute, bool finiteForNaN = false)
    {
        if (actual.Shape != expected.Shape) throw new MismatchException($"{what} has shape {actual.Shape}, expected {expected.Shape}");
        Check(what, actual.ToDoubles(), expected.ToDoubles(), expected.Shape, relative, absolute, finiteForNaN);
    }

    /// <summary>
    /// As close as F32 can be asked to be: to 1e-4, and where numbers cancel to so much of the largest finite one of the tensor.
    /// </summary>
    public static void CheckSingle(string what, Tensor actual, Tensor expected, bool finiteForNaN = false, double cancelled = 1e-5) =>
        Check(what, actual, expected, 1e-4, cancelled * Math.Max(1, Largest(expected)), finiteForNaN);

    /// <summary>The largest finite magnitude; 0 where there is none.</summary>
    public static double Largest(Tensor x) => x.ToDoubles().Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();

    public static void Check(string what, ReadOnlySpan<double> actual, ReadOnlySpan<double> expected, double relative, double absolute,
        bool finiteForNaN = false) =>
        Check(what, actual, expected, [expected.Length], relative, absolute, finiteForNaN);

    static void Check(string what, ReadOnlySpan<double> actual, ReadOnlySpan<double> expected, Shape shape, double relative,
        double absolute, bool finiteForNaN)
    {
        int worst = -1, wrong = 0;
        double most = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (Equal(actual[i], expected[i], relative, absolute)) continue;
            if (finiteForNaN && double.IsNaN(expected[i]) && double.IsFinite(actual[i])) continue;
            wrong++;
            double error = Error(actual[i], expected[i], relative, absolute);
            if (worst < 0 || error > most) (worst, most) = (i, error);
        }
        if (wrong > 0)
            throw new MismatchException(string.Create(CultureInfo.InvariantCulture,
                $"{what}[{Place(worst, shape)}] of {shape} is {actual[worst]:R}, expected {expected[worst]:R} "
                + $"({wrong} of {expected.Length} differ)"));
    }

    static bool Equal(double actual, double expected, double relative, double absolute) =>
        actual == expected || double.IsNaN(actual) && double.IsNaN(expected)
        || Math.Abs(actual - expected) <= absolute + relative * Math.Abs(expected) && double.IsFinite(expected);

    // In units of what is allowed; without end where either is no finite number.
    static double Error(double actual, double expected, double relative, double absolute)
    {
        double error = Math.Abs(actual - expected) / (absolute + relative * Math.Abs(expected));
        return double.IsNaN(error) ? double.PositiveInfinity : error;
    }

    static string Place(int at, Shape shape)
    {
        var places = new int[shape.Rank];
        for (int i = shape.Rank - 1; i >= 0; i--) (at, places[i]) = (at / shape[i], at % shape[i]);
        return string.Join(", ", places);
    }
}
