namespace NanoAttention;

/// <summary>What becomes of the losses of single numbers or rows.</summary>
public enum Reduction { Mean, Sum, None }

/// <summary>Losses beside <see cref="Tensor.CrossEntropy"/>. x is what a model says, y what is right.</summary>
public static partial class Loss
{
    /// <summary>(x − y)²</summary>
    public static Tensor MeanSquared(Tensor x, Tensor y, Reduction reduction = Reduction.Mean) =>
        Reduce(Difference("MeanSquared", x, y).Square(), reduction);

    /// <summary>|x − y|</summary>
    public static Tensor MeanAbsolute(Tensor x, Tensor y, Reduction reduction = Reduction.Mean) =>
        Reduce(Difference("MeanAbsolute", x, y).Abs(), reduction);

    /// <summary>d = |x − y|: d²/(2β) where d &lt; β, else d − β/2 (Girshick 2015, §2.3, where β = 1).</summary>
    public static Tensor SmoothL1(Tensor x, Tensor y, double beta = 1, Reduction reduction = Reduction.Mean)
    {
        if (!(beta >= 0)) throw new ArgumentOutOfRangeException(nameof(beta), $"SmoothL1: β = {beta} must not be negative");
        return beta == 0 ? MeanAbsolute(x, y, reduction) : Reduce(Bend("SmoothL1", x, y, beta) / beta, reduction);
    }

    /// <summary>d = |x − y|: d²/2 where d &lt; δ, else δ (d − δ/2) (Huber 1964).</summary>
    public static Tensor Huber(Tensor x, Tensor y, double delta = 1, Reduction reduction = Reduction.Mean)
    {
        if (!(delta > 0)) throw new ArgumentOutOfRangeException(nameof(delta), $"Huber: δ = {delta} must be positive");
        return Reduce(Bend("Huber", x, y, delta), reduction);
    }

    /// <summary>
    /// Of counts y with a Poisson distribution, up to a constant: of rate eˣ, eˣ − x y; or, without <paramref name="logInput"/>, of rate x,
    /// x − y ln(x + 10⁻⁸). <paramref name="full"/> adds Stirling's y ln y − y + ln(2πy)/2 where y > 1.
    /// </summary>
    public static Tensor PoissonNegativeLogLikelihood(Tensor x, Tensor y, bool logInput = true, bool full = false, double epsilon = 1e-8,
        Reduction reduction = Reduction.Mean)
    {
        CheckShapes("PoissonNegativeLogLikelihood", x, y);
        var loss = logInput ? x.Exp() - x * y : x - y * (x + epsilon).Log();
        if (full)
        {
            var above = y.Clamp(1);                                                             // ln only where it counts
            loss += (above * above.Log() - above + (above * (2 * Math.PI)).Log() * 0.5).MaskedFill(y <= 1, 0);
        }
        return Reduce(loss, reduction);
    }

    /// <summary>
    /// Of numbers y with a normal distribution of mean x and variance v, up to a constant: (ln v + (x − y)²/v)/2, v at least
    /// <paramref name="epsilon"/>; <paramref name="full"/> adds ln(2π)/2. v is shaped like x, or has 1 or nothing for the last axis.
    /// </summary>
    public static Tensor GaussianNegativeLogLikelihood(Tensor x, Tensor y, Tensor variance, bool full = false, double epsilon = 1e-6,
        Reduction reduction = Reduction.Mean)
    {
        CheckShapes("GaussianNegativeLogLikelihood", x, y);
        if (variance.Rank == x.Rank - 1) variance = variance.Unsqueeze(-1);
        if (variance.Rank != x.Rank || variance.Shape[..^1] != x.Shape[..^1] || (variance.Shape[^1] != 1 && variance.Shape[^1] != x.Shape[^1]))
            throw new ArgumentException($"GaussianNegativeLogLikelihood: x {x.Shape} and variances {variance.Shape}: one a number, or one a row");
        variance += (epsilon - variance.Detach()).Relu();                                       // the bound is no part of the slope
        var loss = (variance.Log() + (x - y).Square() / variance) * 0.5;
        return Reduce(full ? loss + 0.5 * Math.Log(2 * Math.PI) : loss, reduction);
    }

    internal static Tensor Reduce(Tensor losses, Reduction reduction) => reduction switch
    {
        Reduction.Mean => losses.Mean(),
        Reduction.Sum => losses.Sum(),
        Reduction.None => losses,
        _ => throw new ArgumentOutOfRangeException(nameof(reduction), $"Loss: no reduction {reduction}"),
    };

    // d²/2 below the bend, a line above it, with d = |x − y|: c (d − c/2), c = min(d, bend).
    static Tensor Bend(string op, Tensor x, Tensor y, double bend)
    {
        var d = Difference(op, x, y).Abs();
        var c = d.Clamp(high: bend);
        return c * (d - c * 0.5);
    }

    static Tensor Difference(string op, Tensor x, Tensor y)
    {
        CheckShapes(op, x, y);
        return x - y;
    }

    static void CheckShapes(string op, Tensor x, Tensor y)
    {
        if (x.Shape != y.Shape) throw new ArgumentException($"{op}: {x.Shape} and {y.Shape}: the shapes must be the same");
    }

    internal static Case[] Cases =>
    [
        Case.Of((x, y) => MeanSquared(x, y), [3, 4], [3, 4]),
        Case.Of((x, y) => MeanAbsolute(x, y, Reduction.None), [3, 4], [3, 4]),
        Case.Of((x, y) => SmoothL1(x, y, 0.7), [3, 4], [3, 4]),
        Case.Of((x, y) => Huber(x, y, 0.7, Reduction.Sum), [3, 4], [3, 4]),
        Case.Of((x, y) => PoissonNegativeLogLikelihood(x, y, full: true), [3, 4], Input.Within(1.5, 4, [3, 4])),
        Case.Of((x, y) => PoissonNegativeLogLikelihood(x, y, logInput: false), Input.Within(0.5, 2, [3, 4]), Input.Within(0.5, 4, [3, 4])),
        Case.Of((x, y, v) => GaussianNegativeLogLikelihood(x, y, v, full: true), [3, 4], [3, 4], Input.Within(0.5, 2, [3])),
    ];
}
