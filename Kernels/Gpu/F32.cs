using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>The lane of a GPU thread: one float. Choices are selections, never branches, so threads stay together.</summary>
public readonly struct F32(float value) : ILane<F32>
{
    public readonly float Value = value;

    public static F32 Of(double c) => new((float)c);

    public static F32 operator +(F32 a, F32 b) => new(a.Value + b.Value);
    public static F32 operator -(F32 a, F32 b) => new(a.Value - b.Value);
    public static F32 operator *(F32 a, F32 b) => new(a.Value * b.Value);
    public static F32 operator /(F32 a, F32 b) => new(a.Value / b.Value);
    public static F32 operator -(F32 a) => new(-a.Value);

    public static F32 Abs(F32 x) => new(MathF.Abs(x.Value));
    public static F32 Sqrt(F32 x) => new(MathF.Sqrt(x.Value));
    public static F32 Floor(F32 x) => new(MathF.Floor(x.Value));
    public static F32 Exp(F32 x) => new(FloatMath.Exp(x.Value));
    public static F32 Log(F32 x) => new(FloatMath.Log(x.Value));
    public static F32 Sin(F32 x) => new(FloatMath.Sin(x.Value));
    public static F32 Cos(F32 x) => new(FloatMath.Cos(x.Value));
    public static F32 Tanh(F32 x) => new(FloatMath.Tanh(x.Value));
    public static F32 Sigmoid(F32 x) => new(1 / (1 + FloatMath.Exp(-x.Value)));
    public static F32 Erf(F32 x) => new(FloatMath.Erf(x.Value));
    public static F32 Pow(F32 x, F32 y) => new(FloatMath.Pow(x.Value, y.Value));
    public static F32 Rem(F32 x, F32 y) => new(FloatMath.Rem(x.Value, y.Value));
    public static F32 Max(F32 x, F32 y) => new(FloatMath.Max(x.Value, y.Value));
    public static F32 Min(F32 x, F32 y) => new(FloatMath.Min(x.Value, y.Value));

    public static F32 IfLess(F32 x, F32 y, F32 then, F32 otherwise) => new(Utilities.Select(x.Value < y.Value, then.Value, otherwise.Value));
    public static F32 IfEqual(F32 x, F32 y, F32 then, F32 otherwise) => new(Utilities.Select(x.Value == y.Value, then.Value, otherwise.Value));
}
