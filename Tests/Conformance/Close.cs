using System.Globalization;

namespace NanoAttention.Tests.Conformance;

/// <summary>An actual value that is not the expected one; the message says where and by how much.</summary>
public sealed class MismatchException(string message) : Exception(message);

/// <summary>
/// |actual − expected| ≤ absolute + relative · |expected| for every number; nan equals nan (or, where PyTorch's is an artefact,
/// anything finite), and an infinity itself.
/// </summary>
public static class Close
{
    public static void Check(string what, Tensor actual, Tensor expected, double relative, double absolute, bool finiteForNaN = false)
    {
        if (actual.Shape != expected.Shape) throw new MismatchException($"{what} has shape {actual.Shape}, expected {expected.Shape}");
        Check(what, actual.ToDoubles(), expected.ToDoubles(), relative, absolute, finiteForNaN);
    }

    public static void Check(
        string what, ReadOnlySpan<double> actual, ReadOnlySpan<double> expected, double relative, double absolute, bool finiteForNaN = false)
    {
        for (int i = 0; i < expected.Length; i++)
            if (!Equal(actual[i], expected[i], relative, absolute) && !(finiteForNaN && double.IsNaN(expected[i]) && double.IsFinite(actual[i])))
                throw new MismatchException(string.Create(CultureInfo.InvariantCulture,
                    $"{what}[{i}] of {expected.Length} is {actual[i]:R}, expected {expected[i]:R}"));
    }

    static bool Equal(double actual, double expected, double relative, double absolute) =>
        actual == expected || double.IsNaN(actual) && double.IsNaN(expected)
        || Math.Abs(actual - expected) <= absolute + relative * Math.Abs(expected) && double.IsFinite(expected);
}
