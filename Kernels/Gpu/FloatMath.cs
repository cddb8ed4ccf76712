using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// The elementary functions of floats, of basic operations alone: what GPUs offer in hardware is either approximate or not the same
/// everywhere. The polynomials are those of the CPU's lanes.
/// </summary>
public static class FloatMath
{
    /// <summary>eˣ = 2ⁿ eʳ, |r| ≤ ½ ln 2, by Moshier's polynomial of degree 6 (Cephes, expf.c); within one unit in the last place.</summary>
    public static float Exp(float x)
    {
        float c = Utilities.Select(x > 89, 89, Utilities.Select(x < -104, -104, x));
        float n = MathF.Floor(c * 1.44269504f + 0.5f), r = c - n * 0.693359375f + n * 2.12194440e-4f;
        int power = (int)n, half = power >> 1;     // in two factors, as 2ⁿ itself may be too small
        return (ExpLess1(r) + 1) * PowerOfTwo(half) * PowerOfTwo(power - half);
    }

    // eʳ − 1 for |r| ≤ ½ ln 2
    static float ExpLess1(float r)
    {
        float p = 1.9875691500e-4f;
        p = p * r + 1.3981999507e-3f;
        p = p * r + 8.3334519073e-3f;
        p = p * r + 4.1665795894e-2f;
        p = p * r + 1.6666665459e-1f;
        p = p * r + 5.0000001201e-1f;
        return p * (r * r) + r;
    }

    /// <summary>
    /// The same for x ≤ 88 with half the instructions, and 0 where eˣ is less than 2⁻¹²⁶, the least normal float: for a softmax's weights.
    /// </summary>
    public static float ExpNormal(float x)
    {
        float shifted = x * 1.44269504f + 12582912, n = shifted - 12582912;     // 1.5 · 2²³: the last bits are the number rounded, n
        float r = x - n * 0.693359375f + n * 2.12194440e-4f;
        float power = Interop.IntAsFloat((Interop.FloatAsInt(shifted) << 23) + 0x3F800000);     // 2ⁿ, a factor: NaN stays NaN
        return Utilities.Select(x < -87.3f, 0, ExpLess1(r) * power + power);
    }

    /// <summary>log x = e ln 2 + log(1 + f), √½ ≤ 1 + f &lt; √2, by Moshier's polynomial of degree 9 (Cephes, logf.c); within one unit in the last place.</summary>
    public static float Log(float x)
    {
        bool tiny = x < 1.17549435e-38f;
        uint bits = Interop.FloatAsInt(Utilities.Select(tiny, x * 33554432f, x));
        int exponent = (int)((bits >> 23) & 255) - 126 - Utilities.Select(tiny, 25, 0);
        float m = Interop.IntAsFloat((bits & 0x7FFFFF) | 0x3F000000);     // in [½, 1)
        bool low = m < 0.707106781f;
        float f = Utilities.Select(low, m + m, m) - 1, n = exponent - Utilities.Select(low, 1, 0), z = f * f;
        float p = 7.0376836292e-2f;
        p = p * f - 1.1514610310e-1f;
        p = p * f + 1.1676998740e-1f;
        p = p * f - 1.2420140846e-1f;
        p = p * f + 1.4249322787e-1f;
        p = p * f - 1.6668057665e-1f;
        p = p * f + 2.0000714765e-1f;
        p = p * f - 2.4999993993e-1f;
        p = p * f + 3.3333331174e-1f;
        float y = f * z * p - n * 2.12194440e-4f - 0.5f * z + f + n * 0.693359375f;
        y = Utilities.Select(x < float.PositiveInfinity, y, x);
        return Utilities.Select(x > 0, y, Utilities.Select(x == 0, float.NegativeInfinity, float.NaN));
    }

    /// <summary>tanh x: an odd polynomial below 0.625, else 1 − 2/(e²ˣ + 1) (Cephes, tanhf.c); within two units in the last place.</summary>
    public static float Tanh(float x)
    {
        float a = MathF.Abs(x), z = x * x;
        float p = -5.70498872745e-3f;
        p = p * z + 2.06390887954e-2f;
        p = p * z - 5.37397155531e-2f;
        p = p * z + 1.33314422036e-1f;
        p = p * z - 3.33332819422e-1f;
        float large = 1 - 2 / (Exp(a + a) + 1);
        float y = Utilities.Select(a < 0.625f, p * z * x + x, Utilities.Select(x < 0, -large, large));
        return Utilities.Select(x == 0, x, y);
    }

    /// <summary>erf x as a rational of x on [−4, 4].</summary>
    public static float Erf(float x)
    {
        float c = Max(-4, Min(x, 4)), z = c * c;
        float p = 2.123732201653183e-6f;
        p = p * z + 2.861979592125863e-4f;
        p = p * z + 3.658048342913389e-3f;
        p = p * z + 5.243302136659622e-2f;
        p = p * z + 1.8741607666015625e-1f;
        p = p * z + 1.1283791065216055f;
        float q = 3.891857340931893e-5f;
        q = q * z + 1.1432960163801908e-3f;
        q = q * z + 1.4752088114619255e-2f;
        q = q * z + 1.1294567584991455e-1f;
        q = q * z + 4.9942579865455627e-1f;
        return Max(-1, Min(c * p / (q * z + 1), 1));
    }

    /// <summary>xʸ = exp(y log x) in doubles, rounded: within one unit in the last place.</summary>
    public static float Pow(float x, float y)
    {
        float a = MathF.Abs(x);
        double log = DoubleMath.Log(Utilities.Select((a > 0) & (a < float.PositiveInfinity), (double)a, 1.0));
        log = Utilities.Select(a == 0, double.NegativeInfinity, Utilities.Select(a < float.PositiveInfinity, log, (double)a));
        double p = y * log;
        double bounded = Utilities.Select(p > 200, 200.0, Utilities.Select(p < -200, -200.0, p));      // beyond floats either way
        float power = Utilities.Select(a == 1, 1f, (float)DoubleMath.Exp(bounded));
        bool whole = MathF.Floor(y) == y, odd = whole & MathF.Floor(y * 0.5f) != y * 0.5f;
        bool negative = (x < 0) | ((x == 0) & (1 / x < 0));
        float signed = Utilities.Select(negative & odd, -power, power);
        float result = Utilities.Select((x < 0) & (a < float.PositiveInfinity) & !whole, float.NaN, signed);
        return Utilities.Select((y == 0) | (x == 1), 1f, Utilities.Select(float.IsNaN(x) | float.IsNaN(y), float.NaN, result));
    }

    /// <summary>The remainder x − y trunc(x/y): long division in doubles, 24 bits of the quotient a step, each of them exact.</summary>
    public static float Rem(float x, float y)
    {
        double rest = MathF.Abs(x), divisor = MathF.Abs(y), scale = 2.9642774844752946e79;      // 2²⁶⁴
        for (int k = 0; k < 12; k++)
        {
            double step = divisor * scale;
            rest -= Math.Floor(rest / step) * step;
            rest = Utilities.Select(rest < 0, rest + step, rest);                               // where the quotient was rounded up
            scale *= 5.9604644775390625e-8;                                                     // 2⁻²⁴
        }
        float remainder = (float)rest;
        float beside = Utilities.Select(MathF.Abs(x) < float.PositiveInfinity, x, float.NaN);       // an infinite y
        return Utilities.Select(MathF.Abs(y) == float.PositiveInfinity, beside, Utilities.Select(x < 0, -remainder, remainder));
    }

    public static float Sin(float x) => Utilities.Select(x == 0, x, Wave(x, 0));        // sin −0 = −0
    public static float Cos(float x) => Wave(x, 1);

    /// <summary>sin(x + shift π/2) for |x| up to 10⁸: x = q π/2 + r, |r| ≤ π/4, then the sine or cosine polynomial of r by the quadrant q + shift (Cephes, sinf.c).</summary>
    static float Wave(float x, int shift)
    {
        double q = Math.Floor(x * 0.63661977236758134 + 0.5);
        float r = (float)(x - q * 1.5707963267948966 - q * 6.123233995736766e-17), z = r * r;
        int quadrant = (int)(q - 4 * Math.Floor(q * 0.25)) + shift;
        float sin = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
        float cos = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1;
        float y = Utilities.Select((quadrant & 1) == 0, sin, cos);
        return Utilities.Select((quadrant & 2) == 0, y, -y);
    }

    /// <summary>The larger; NaN if either is NaN.</summary>
    public static float Max(float x, float y) => Utilities.Select((x > y) | float.IsNaN(x), x, y);

    /// <summary>The smaller; NaN if either is NaN.</summary>
    public static float Min(float x, float y) => Utilities.Select((x < y) | float.IsNaN(x), x, y);

    // 2ⁿ for −127 < n < 128
    static float PowerOfTwo(int n) => Interop.IntAsFloat((uint)(n + 127) << 23);
}
