using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// A thread's share of a row, in registers: sixteen numbers, number t, t + G, t + 2G, … for thread t of a group of G. So neighbours read
/// neighbours, no load waits for another, which is what keeps memory busy, and a row of up to 16 G numbers is read once and written once.
/// Longer rows come in several shares.
/// </summary>
public readonly struct RowShare(F4 a, F4 b, F4 c, F4 d)
{
    /// <summary>How many numbers of a row a thread holds.</summary>
    public const int Count = 16;

    /// <summary>How many numbers of a row the group holds.</summary>
    public static int Whole => Count * Group.DimX;

    readonly F4 a = a, b = b, c = c, d = d;

    /// <summary>Of the n numbers from x[start] on; what lies beyond them reads as <paramref name="fill"/>.</summary>
    public static RowShare Load(ArrayView<float> x, int start, int n, float fill)
    {
        int i = Group.IdxX, step = Group.DimX;
        return new(Four(x, start, i, step, n, fill), Four(x, start, i + 4 * step, step, n, fill),
            Four(x, start, i + 8 * step, step, n, fill), Four(x, start, i + 12 * step, step, n, fill));
    }

    static F4 Four(ArrayView<float> x, int start, int i, int step, int n, float fill) =>
        new(One(x, start, i, n, fill), One(x, start, i + step, n, fill), One(x, start, i + 2 * step, n, fill), One(x, start, i + 3 * step, n, fill));

    static float One(ArrayView<float> x, int start, int i, int n, float fill) => i < n ? x[start + i] : fill;

    /// <summary>Writes those of the n numbers from x[start] on.</summary>
    public void Store(ArrayView<float> x, int start, int n)
    {
        int i = Group.IdxX, step = Group.DimX;
        Put(a, x, start, i, step, n);
        Put(b, x, start, i + 4 * step, step, n);
        Put(c, x, start, i + 8 * step, step, n);
        Put(d, x, start, i + 12 * step, step, n);
    }

    static void Put(F4 v, ArrayView<float> x, int start, int i, int step, int n)
    {
        if (i < n) x[start + i] = v.X;
        if (i + step < n) x[start + i + step] = v.Y;
        if (i + 2 * step < n) x[start + i + 2 * step] = v.Z;
        if (i + 3 * step < n) x[start + i + 3 * step] = v.W;
    }

    /// <summary>The share with 0 for what lies beyond n numbers.</summary>
    public RowShare Head(int n)
    {
        int i = Group.IdxX, step = Group.DimX;
        return new(Head(a, n, i, step), Head(b, n, i + 4 * step, step), Head(c, n, i + 8 * step, step), Head(d, n, i + 12 * step, step));
    }

    static F4 Head(F4 v, int n, int i, int step) => new(Utilities.Select(i < n, v.X, 0f), Utilities.Select(i + step < n, v.Y, 0f),
        Utilities.Select(i + 2 * step < n, v.Z, 0f), Utilities.Select(i + 3 * step < n, v.W, 0f));

    /// <summary>v for number <paramref name="at"/> of the row, 0 for others.</summary>
    public static RowShare Spike(int at, float v)
    {
        int i = Group.IdxX, step = Group.DimX;
        return new(Spike(at, v, i, step), Spike(at, v, i + 4 * step, step), Spike(at, v, i + 8 * step, step), Spike(at, v, i + 12 * step, step));
    }

    static F4 Spike(int at, float v, int i, int step) => new(Utilities.Select(i == at, v, 0f), Utilities.Select(i + step == at, v, 0f),
        Utilities.Select(i + 2 * step == at, v, 0f), Utilities.Select(i + 3 * step == at, v, 0f));

    /// <summary>0 instead if so.</summary>
    public RowShare Unless(bool zero) => new(Unless(a, zero), Unless(b, zero), Unless(c, zero), Unless(d, zero));

    static F4 Unless(F4 v, bool zero) => new(Utilities.Select(zero, 0f, v.X), Utilities.Select(zero, 0f, v.Y), Utilities.Select(zero, 0f, v.Z), Utilities.Select(zero, 0f, v.W));

    /// <summary>The largest number; NaN if any is.</summary>
    public float Largest() => FloatMath.Max(FloatMath.Max(Largest(a), Largest(b)), FloatMath.Max(Largest(c), Largest(d)));

    static float Largest(F4 v) => FloatMath.Max(FloatMath.Max(v.X, v.Y), FloatMath.Max(v.Z, v.W));

    public float Sum() => Sum(a) + Sum(b) + (Sum(c) + Sum(d));

    static float Sum(F4 v) => v.X + v.Y + (v.Z + v.W);

    /// <summary>eˣ⁻ˢ.</summary>
    public RowShare Exp(float s) => new(Exp(a, s), Exp(b, s), Exp(c, s), Exp(d, s));

    static F4 Exp(F4 v, float s) => new(FloatMath.Exp(v.X - s), FloatMath.Exp(v.Y - s), FloatMath.Exp(v.Z - s), FloatMath.Exp(v.W - s));

    public static RowShare operator +(RowShare x, RowShare y) => new(Sum(x.a, y.a), Sum(x.b, y.b), Sum(x.c, y.c), Sum(x.d, y.d));
    public static RowShare operator -(RowShare x, RowShare y) => new(Difference(x.a, y.a), Difference(x.b, y.b), Difference(x.c, y.c), Difference(x.d, y.d));
    public static RowShare operator *(RowShare x, RowShare y) => new(Product(x.a, y.a), Product(x.b, y.b), Product(x.c, y.c), Product(x.d, y.d));
    public static RowShare operator *(RowShare x, float s) => x * Of(s);
    public static RowShare operator -(RowShare x, float s) => x - Of(s);

    static RowShare Of(float s) => new(new(s, s, s, s), new(s, s, s, s), new(s, s, s, s), new(s, s, s, s));
    static F4 Sum(F4 x, F4 y) => new(x.X + y.X, x.Y + y.Y, x.Z + y.Z, x.W + y.W);
    static F4 Difference(F4 x, F4 y) => new(x.X - y.X, x.Y - y.Y, x.Z - y.Z, x.W - y.W);
    static F4 Product(F4 x, F4 y) => new(x.X * y.X, x.Y * y.Y, x.Z * y.Z, x.W * y.W);
}
