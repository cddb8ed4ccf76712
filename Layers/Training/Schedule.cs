namespace NanoAttention;

/// <summary>
/// Learning rates as functions of the step, counted from 0: <c>optimizer.Rate = rate(step)</c>. So may momentum follow one.
/// </summary>
public static class Schedule
{
    public static Func<int, double> Constant(double rate) => _ => rate;

    /// <summary>rate · factor for the first steps, then rate.</summary>
    public static Func<int, double> Constant(double rate, double factor, int steps) => t => t < steps ? rate * factor : rate;

    /// <summary>Straight from rate · first to rate · last at step <c>end</c>, then rate · last.</summary>
    public static Func<int, double> Linear(double rate, double first, double last, int end) => t => rate * (first + (last - first) * Part(t, end));

    /// <summary>rate (1 − t/end)ᵖ, from step <c>end</c> on 0.</summary>
    public static Func<int, double> Polynomial(double rate, int end, double power = 1) => t => rate * Math.Pow(1 - Part(t, end), power);

    /// <summary>peak (t + 1)/(warmup + 1) for the first <c>warmup</c> steps, then half a cosine from peak down to floor at step <c>end</c>, then floor (Loshchilov and Hutter 2017; nanoGPT).</summary>
    public static Func<int, double> WarmupCosine(double peak, double floor, int warmup, int end) => t =>
        t < warmup ? peak * (t + 1) / (warmup + 1)
        : t > end ? floor
        : Wave(peak, floor, t - warmup, Math.Max(1, end - warmup));

    /// <summary>peak (t + 1)/(warmup + 1) for the first steps, then straight down to 0 at step <c>end</c>.</summary>
    public static Func<int, double> WarmupLinear(double peak, int warmup, int end) => t =>
        t < warmup ? peak * (t + 1) / (warmup + 1) : peak * Math.Max(0, end - t) / Math.Max(1, end - warmup);

    /// <summary>peak (t + 1)/(warmup + 1) for the first steps, then peak √(warmup/t) (Vaswani et al. 2017, §5.3).</summary>
    public static Func<int, double> InverseRoot(double peak, int warmup) => t =>
        t < warmup ? peak * (t + 1) / (warmup + 1) : peak * Math.Sqrt(Math.Max(1.0, warmup) / Math.Max(1, t));

    /// <summary>A cosine from peak down to floor in <c>half</c> steps, up again in as many, and so on.</summary>
    public static Func<int, double> Cosine(double peak, double floor, int half) => half < 1 ? throw TooShort("Cosine", half) : t => Wave(peak, floor, t, half);

    /// <summary>Half a cosine from peak down to floor in <c>first</c> steps, then again from peak, each time <c>longer</c> times as long (Loshchilov and Hutter 2017).</summary>
    public static Func<int, double> CosineRestarts(double peak, double floor, int first, int longer = 1)
    {
        if (first < 1 || longer < 1) throw new ArgumentOutOfRangeException(nameof(first), $"Schedule.CosineRestarts: {first} steps, each time {longer} times as many: both must be at least 1");
        return t =>
        {
            long start = 0, length = first;
            if (longer == 1) start = t - t % length;
            else
                for (; t - start >= length; length *= longer) start += length;
            return Wave(peak, floor, t - start, length);
        };
    }

    /// <summary>rate γ^⌊t/size⌋</summary>
    public static Func<int, double> Steps(double rate, int size, double gamma = 0.1) => size < 1 ? throw TooShort("Steps", size) : t => rate * Math.Pow(gamma, t / size);

    /// <summary>rate γⁿ, with n the number of the given steps that have come.</summary>
    public static Func<int, double> Steps(double rate, int[] at, double gamma = 0.1) => at is null ? throw new ArgumentNullException(nameof(at)) : t => rate * Math.Pow(gamma, at.Count(step => step <= t));

    /// <summary>rate γᵗ</summary>
    public static Func<int, double> Exponential(double rate, double gamma) => t => rate * Math.Pow(gamma, t);

    /// <summary>Straight from low to high in <c>up</c> steps and back in <c>down</c> (as many, unless given), and so on (Smith 2017). The height of cycle c = 0, 1, … is <c>height(c, t)</c> times that.</summary>
    public static Func<int, double> Cyclic(double low, double high, int up, int? down = null, Func<int, int, double>? height = null)
    {
        if (up < 1) throw TooShort("Cyclic", up);
        if (down < 0) throw TooShort("Cyclic", down.Value);
        long length = (long)up + (down ?? up);
        return t =>
        {
            var (cycle, place) = Math.DivRem(t, length);
            double part = place <= up ? (double)place / up : (double)(length - place) / (length - up);
            return low + (high - low) * part * (height?.Invoke((int)cycle, t) ?? 1);
        };
    }

    /// <summary>
    /// From start up to peak until step rise · steps − 1, then down to floor until step steps − 1, by half cosines or straight (Smith and
    /// Topin 2018). In three phases the way down to start takes as long as that up, and what is left leads to floor.
    /// </summary>
    /// <param name="rise">The part of the steps in which the rate rises.</param>
    public static Func<int, double> OneCycle(double start, double peak, double floor, int steps, double rise = 0.3, bool straight = false, bool threePhases = false)
    {
        double top = rise * steps - 1, end = steps - 1;
        (double End, double From, double To)[] phases = threePhases ? [(top, start, peak), (2 * top, peak, start), (end, start, floor)] : [(top, start, peak), (end, peak, floor)];
        return t =>
        {
            double begin = 0;
            foreach (var (until, from, to) in phases)
            {
                if (t <= until && until > begin) return straight ? from + (to - from) * (t - begin) / (until - begin) : Wave(from, to, t - begin, until - begin);
                begin = until;
            }
            return floor;
        };
    }

    /// <summary>One schedule after the other, each for so many steps and counting from 0; the last goes on.</summary>
    public static Func<int, double> Sequence(params (int Steps, Func<int, double> Rate)[] parts)
    {
        if (parts is not { Length: > 0 }) throw new ArgumentException("Schedule.Sequence: there must be at least one schedule");
        return t =>
        {
            foreach (var (steps, rate) in parts[..^1])
            {
                if (t < steps) return rate(t);
                t -= steps;
            }
            return parts[^1].Rate(t);
        };
    }

    static ArgumentOutOfRangeException TooShort(string schedule, int steps) => new(nameof(steps), $"Schedule.{schedule}: {steps} steps are too few");

    // Half a cosine from a, where t = 0, to b, where t = half.
    static double Wave(double a, double b, double t, double half) => b + (a - b) * 0.5 * (1 + Math.Cos(Math.PI * t / half));

    static double Part(int t, int end) => end <= t ? 1 : (double)t / end;
}
