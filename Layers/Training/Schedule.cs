namespace NanoAttention;

/// <summary>Learning rates as functions of the step, counted from 0: <c>optimizer.Rate = rate(step)</c>.</summary>
public static class Schedule
{
    public static Func<int, double> Constant(double rate) => _ => rate;

    /// <summary>peak (t + 1)/(warmup + 1) for the first <c>warmup</c> steps, then half a cosine from peak down to floor at step <c>end</c>, then floor (Loshchilov and Hutter 2017; nanoGPT).</summary>
    public static Func<int, double> WarmupCosine(double peak, double floor, int warmup, int end) => t =>
        t < warmup ? peak * (t + 1) / (warmup + 1)
        : t > end ? floor
        : floor + (peak - floor) * 0.5 * (1 + Math.Cos(Math.PI * (t - warmup) / Math.Max(1, end - warmup)));

    /// <summary>peak (t + 1)/(warmup + 1) for the first steps, then straight down to 0 at step <c>end</c>.</summary>
    public static Func<int, double> WarmupLinear(double peak, int warmup, int end) => t =>
        t < warmup ? peak * (t + 1) / (warmup + 1) : peak * Math.Max(0, end - t) / Math.Max(1, end - warmup);

    /// <summary>peak (t + 1)/(warmup + 1) for the first steps, then peak √(warmup/t) (Vaswani et al. 2017, §5.3).</summary>
    public static Func<int, double> InverseRoot(double peak, int warmup) => t =>
        t < warmup ? peak * (t + 1) / (warmup + 1) : peak * Math.Sqrt(Math.Max(1.0, warmup) / Math.Max(1, t));

    /// <summary>rate γ^⌊t/size⌋</summary>
    public static Func<int, double> Steps(double rate, int size, double gamma = 0.1) => t => rate * Math.Pow(gamma, t / size);

    /// <summary>rate γᵗ</summary>
    public static Func<int, double> Exponential(double rate, double gamma) => t => rate * Math.Pow(gamma, t);
}
