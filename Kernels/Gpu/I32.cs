using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>An integer as a lane, so that comparisons of integers are exact: a float would round those beyond 2²⁴. Functions with fractions have no meaning here.</summary>
public readonly struct I32(int value) : ILane<I32>
{
    public readonly int Value = value;

    public static I32 Of(double c) => new((int)c);

    public static I32 operator +(I32 a, I32 b) => new(a.Value + b.Value);
    public static I32 operator -(I32 a, I32 b) => new(a.Value - b.Value);
    public static I32 operator *(I32 a, I32 b) => new(a.Value * b.Value);
    public static I32 operator /(I32 a, I32 b) => new(a.Value / b.Value);
    public static I32 operator -(I32 a) => new(-a.Value);

    public static I32 Abs(I32 x) => new(Math.Abs(x.Value));
    public static I32 Floor(I32 x) => x;
    public static I32 Rem(I32 x, I32 y) => new(x.Value % y.Value);
    public static I32 Max(I32 x, I32 y) => new(Math.Max(x.Value, y.Value));
    public static I32 Min(I32 x, I32 y) => new(Math.Min(x.Value, y.Value));

    public static I32 IfLess(I32 x, I32 y, I32 then, I32 otherwise) => new(Utilities.Select(x.Value < y.Value, then.Value, otherwise.Value));
    public static I32 IfEqual(I32 x, I32 y, I32 then, I32 otherwise) => new(Utilities.Select(x.Value == y.Value, then.Value, otherwise.Value));

    public static I32 Sqrt(I32 x) => throw Fractional();
    public static I32 Exp(I32 x) => throw Fractional();
    public static I32 Log(I32 x) => throw Fractional();
    public static I32 Sin(I32 x) => throw Fractional();
    public static I32 Cos(I32 x) => throw Fractional();
    public static I32 Tanh(I32 x) => throw Fractional();
    public static I32 Sigmoid(I32 x) => throw Fractional();
    public static I32 Erf(I32 x) => throw Fractional();
    public static I32 Pow(I32 x, I32 y) => throw Fractional();

    static NotSupportedException Fractional() => new("I32: the function has no integer values");
}
