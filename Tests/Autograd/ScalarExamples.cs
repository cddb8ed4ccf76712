namespace NanoAttention.Tests;

/// <summary>Functions of scalars at points: what their gradients are checked with, and faults in them are caught by.</summary>
static class ScalarExamples
{
    static readonly Dictionary<string, (Func<Scalar, Scalar, Scalar> F, double A, double B)> functions = new()
    {
        ["a + b"] = ((a, b) => a + b, 0.7, -1.3),
        ["a - b"] = ((a, b) => a - b, 0.7, -1.3),
        ["a * b"] = ((a, b) => a * b, 0.7, -1.3),
        ["a / b"] = ((a, b) => a / b, 0.7, -1.3),
        ["-a + b"] = ((a, b) => -a + b, 0.7, -1.3),
        ["a + a * b"] = ((a, b) => a + a * b, 0.7, -1.3),
        ["2 * a - 3 / b"] = ((a, b) => 2 * a - 3 / b, 0.7, -1.3),
        ["a^2.3 * b"] = ((a, b) => a.Pow(2.3) * b, 0.7, -1.3),
        ["a^3 of a negative number"] = ((a, b) => a.Pow(3) + b, -0.7, -1.3),
        ["a^-1"] = ((a, b) => a.Pow(-1) * b, -0.7, -1.3),
        ["a^0 + b at 0"] = ((a, b) => a.Pow(0) + b, 0, -1.3),
        ["a^1 * b at 0"] = ((a, b) => a.Pow(1) * b, 0, -1.3),
        ["a^2 * b at 0"] = ((a, b) => a.Pow(2) * b, 0, -1.3),
        ["exp"] = ((a, b) => (a * b).Exp(), 0.7, -1.3),
        ["log"] = ((a, b) => a.Log() * b, 0.01, -1.3),
        ["sin"] = ((a, b) => (a * b).Sin(), 0.7, -1.3),
        ["cos"] = ((a, b) => (a * b).Cos(), 0.7, -1.3),
        ["tanh"] = ((a, b) => (a * b).Tanh(), 0.7, -1.3),
        ["relu above"] = ((a, b) => a.Relu() * b, 0.7, -1.3),
        ["relu below"] = ((a, b) => b.Relu() * a + a * a, 0.7, -1.3),
        ["a neuron"] = ((a, b) => (a * b + 0.5 * a).Tanh().Pow(2) / (1 + b.Exp()), 0.7, -1.3),
    };

    public static IEnumerable<string> Names => functions.Keys;

    /// <summary>The slopes of both orders against differences.</summary>
    public static GradReport[] Check(string name)
    {
        var (f, a, b) = functions[name];
        Scalar x = a, y = b;
        return [GradCheck.Run(() => f(x, y), x, y), GradCheck.Second(() => f(x, y), x, y)];
    }

    public static bool Passes(string name) => Check(name).All(report => report.Passed);
}
