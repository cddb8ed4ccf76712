using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// The elementary functions of doubles that random numbers and powers take, within one unit in the last place
/// (fdlibm: e_log.c, e_exp.c, k_sin.c, k_cos.c).
/// </summary>
public static class DoubleMath
{
    /// <summary>log x = e ln 2 + log(1 + f), √½ ≤ 1 + f &lt; √2, for normal positive x.</summary>
    public static double Log(double x)
    {
        ulong bits = Interop.FloatAsInt(x);
        double m = Interop.IntAsFloat((bits & 0xFFFFFFFFFFFFFUL) | 0x3FE0000000000000UL);     // in [½, 1)
        bool low = m < 0.70710678118654752;
        double f = Utilities.Select(low, m + m, m) - 1, n = (int)(bits >> 52) - 1022 - Utilities.Select(low, 1, 0);
        double s = f / (2 + f), z = s * s, w = z * z, half = 0.5 * f * f;
        double even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
        double odd = z * (6.666666666666735130e-1 + w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
        return n * 6.93147180369123816490e-1 - (half - (s * (half + odd + even) + n * 1.90821492927058770002e-10) - f);
    }

    /// <summary>eˣ = 2ⁿ eʳ, |r| ≤ ½ ln 2, by the rational of fdlibm's e_exp.c, for |x| &lt; 700.</summary>
    public static double Exp(double x)
    {
        double n = Math.Floor(x * 1.44269504088896338700 + 0.5);
        double high = x - n * 6.93147180369123816490e-1, low = n * 1.90821492927058770002e-10, r = high - low, t = r * r;
        double c = r - t * (1.66666666666666019037e-1 + t * (-2.77777777770155933842e-3 + t * (6.61375632143793436117e-5
            + t * (-1.65339022054652515390e-6 + t * 4.13813679705723846039e-8))));
        return (1 - (low - r * c / (2 - c) - high)) * Interop.IntAsFloat((ulong)((int)n + 1023) << 52);
    }

    /// <summary>sin(x + shift π/2) for |x| &lt; 2²⁰: x = q π/2 + r, |r| ≤ π/4, then the sine or cosine polynomial of r by the quadrant q + shift.</summary>
    public static double Wave(double x, int shift)
    {
        double q = Math.Floor(x * 0.63661977236758134 + 0.5);
        double r = x - q * 1.57079632673412561417 - q * 6.07710050650619224932e-11, z = r * r;
        double s = -2.50507602534068634195e-8 + z * 1.58969099521155010221e-10;
        s = 8.33333333332248946124e-3 + z * (-1.98412698298579493134e-4 + z * (2.75573137070700676789e-6 + z * s));
        double sin = r + z * r * (-1.66666666666666324348e-1 + z * s);
        double c = 2.08757232129817482790e-9 + z * -1.13596475577881948265e-11;
        c = -1.38888888888741095749e-3 + z * (2.48015872894767294178e-5 + z * (-2.75573143513906633035e-7 + z * c));
        double half = 0.5 * z, rest = 1 - half, cos = rest + (1 - rest - half + z * z * (4.16666666666666019037e-2 + z * c));
        int quadrant = (int)q + shift;
        double y = Utilities.Select((quadrant & 1) == 0, sin, cos);
        return Utilities.Select((quadrant & 2) == 0, y, -y);
    }
}
