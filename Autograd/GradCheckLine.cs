namespace NanoAttention;

/// <summary>The outputs y along a line through the point where a check is made, and the slopes of Σ cᵢyᵢ measured on it.</summary>
/// <param name="outputs">t ↦ y(x + t·u)</param>
/// <param name="y">y(x)</param>
/// <param name="c">The cotangents.</param>
internal sealed class Line(Func<double, double[]> outputs, double[] y, double[] c)
{
    const int Refinements = 6;
    const double Shrink = 4;

    /// <summary>Slopes measured with one step.</summary>
    /// <param name="Whole">D4(h)</param>
    /// <param name="Half">D4(h/2)</param>
    /// <param name="Low">Σ of the smaller of the two one-sided slopes of each cᵢyᵢ.</param>
    /// <param name="High">Σ of the larger one.</param>
    /// <param name="Finite">All the outputs it took were finite.</param>
    readonly record struct Slopes(double Whole, double Half, double Low, double High, bool Finite)
    {
        public double Disagreement => Math.Abs(Whole - Half);
        public double Jump => High - Low;
    }

    /// <summary>
    /// Fills in what the line says about <paramref name="slope"/>. A slack of <paramref name="tolerance"/> + <paramref name="noise"/> / h is
    /// allowed beyond |D4(h) − D4(h/2)|. Where the two disagree by more, or a point lies outside of the function's domain, h shrinks
    /// by 4, up to six times: truncation errors fall by 256 each time, those of a kink do not.
    /// </summary>
    public GradSlope Check(GradSlope slope, double h, double tolerance, double noise)
    {
        if (!double.IsFinite(slope.Analytic)) return slope with { Trouble = "the backward pass gives a slope that is not finite" };
        double bound = double.PositiveInfinity, step = 0, last = h;
        Slopes best = default;
        for (int round = 0; round <= Refinements; round++, h /= Shrink)
        {
            var s = Measure(h);
            if (!s.Finite) continue;
            double slack = tolerance + noise / h;
            if (s.Disagreement + slack < bound) (best, bound, step) = (s, s.Disagreement + slack, h);
            last = h;
            if (s.Disagreement <= slack) break;
        }
        if (step == 0) return slope with { Trouble = "the function is not finite close by: the point lies on the edge of its domain" };
        double error = Math.Abs(slope.Analytic - best.Half);
        slope = slope with { Step = step, Whole = best.Whole, Half = best.Half, Sides = (best.Half, best.Half), Bound = bound, Ratio = error / bound };
        bool smooth = Math.Max(best.Disagreement, best.Jump / 4) <= 16 * (tolerance + noise / step);
        return smooth && error <= bound ? slope : AtKink(slope, last, tolerance, noise);
    }

    /// <summary>
    /// A kink is a difference between the one-sided slopes that stays when h shrinks; there the slope must lie between them.
    /// (Right on one D4(h) and D4(h/2) agree on the mean of the two.) Elsewhere <paramref name="slope"/> stands as it is.
    /// </summary>
    GradSlope AtKink(GradSlope slope, double h, double tolerance, double noise)
    {
        double near = h / Shrink, slack = tolerance + noise / near;
        Slopes far = Measure(h), close = Measure(near);
        bool kink = far.Finite && close.Finite && close.Jump > 16 * slack && close.Jump > far.Jump / Shrink;
        if (!kink) return slope;
        double bound = 4 * slack + Math.Abs(far.Low - close.Low) + Math.Abs(far.High - close.High);
        double outside = Math.Max(0, Math.Max(close.Low - slope.Analytic, slope.Analytic - close.High));
        return slope with { Kink = true, Sides = (close.Low, close.High), Step = near, Whole = far.Half, Half = close.Half, Bound = bound, Ratio = outside / bound };
    }

    Slopes Measure(double h)
    {
        double[] right = outputs(h / 2), right2 = outputs(h), right4 = outputs(2 * h);
        double[] left = outputs(-h / 2), left2 = outputs(-h), left4 = outputs(-2 * h);
        double whole = 0, half = 0, low = 0, high = 0;
        for (int i = 0; i < y.Length; i++)
        {
            whole += c[i] * ((8 * (right2[i] - left2[i]) - (right4[i] - left4[i])) / (12 * h));
            half += c[i] * ((8 * (right[i] - left[i]) - (right2[i] - left2[i])) / (6 * h));
            double rising = c[i] * OneSided(y[i], right[i], right2[i], right4[i]) / h;
            double falling = -c[i] * OneSided(y[i], left[i], left2[i], left4[i]) / h;
            low += Math.Min(rising, falling);
            high += Math.Max(rising, falling);
        }
        return new(whole, half, low, high, double.IsFinite(whole) && double.IsFinite(half));
    }

    /// <summary>h·y′(0) of the cubic through y(0), y(h/2), y(h) and y(2h).</summary>
    static double OneSided(double y, double half, double whole, double twice) => 16.0 / 3 * (half - y) - 2 * (whole - y) + (twice - y) / 6;
}
