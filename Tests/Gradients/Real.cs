using NanoAttention.Kernels;

namespace NanoAttention.Tests.Gradients;

/// <summary>
/// One double as a lane, with .NET's own functions in place of the engine's: what a <see cref="Dual{V}"/> is made of in references.
/// </summary>
readonly struct Real(double value) : ILane<Real>
{
    public double Value { get; } = value;

    public static Real Of(double c) => new(c);

    public static Real operator +(Real a, Real b) => new(a.Value + b.Value);
    public static Real operator -(Real a, Real b) => new(a.Value - b.Value);
    public static Real operator *(Real a, Real b) => new(a.Value * b.Value);
    public static Real operator /(Real a, Real b) => new(a.Value / b.Value);
    public static Real operator -(Real a) => new(-a.Value);

    public static Real Abs(Real x) => new(Math.Abs(x.Value));
    public static Real Sqrt(Real x) => new(Math.Sqrt(x.Value));
    public static Real Exp(Real x) => new(Math.Exp(x.Value));
    public static Real Log(Real x) => new(Math.Log(x.Value));
    public static Real Sin(Real x) => new(Math.Sin(x.Value));
    public static Real Cos(Real x) => new(Math.Cos(x.Value));
    public static Real Tanh(Real x) => new(Math.Tanh(x.Value));
    public static Real Sigmoid(Real x) => new(1 / (1 + Math.Exp(-x.Value)));
    public static Real Pow(Real x, Real y) => new(Math.Pow(x.Value, y.Value));
    public static Real Rem(Real x, Real y) => new(x.Value % y.Value);
    public static Real Max(Real x, Real y) => new(Math.Max(x.Value, y.Value));
    public static Real Min(Real x, Real y) => new(Math.Min(x.Value, y.Value));
    public static Real Floor(Real x) => new(Math.Floor(x.Value));
    public static Real IfLess(Real x, Real y, Real then, Real otherwise) => x.Value < y.Value ? then : otherwise;
    public static Real IfEqual(Real x, Real y, Real then, Real otherwise) => x.Value == y.Value ? then : otherwise;

    /// <summary>2/√π exp(−x²) Σ 2ⁿ x²ⁿ⁺¹/(1 · 3 ⋯ (2n + 1)): no term cancels another.</summary>
    public static Real Erf(Real x)
    {
        double term = x.Value, sum = term;
        for (int n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++) sum += term *= 2 * x.Value * x.Value / (2 * n + 1);
        return new(2 / Math.Sqrt(Math.PI) * Math.Exp(-x.Value * x.Value) * sum);
    }
}
