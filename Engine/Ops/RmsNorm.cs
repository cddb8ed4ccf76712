namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// y = x/√(mean x² + ε) ⊙ weight over the last axis (Zhang and Sennrich 2019): LayerNorm without the mean. Shapes: x (…, n), weight
    /// (n).
    /// </summary>
    public Tensor RmsNorm(Tensor? weight = null, double epsilon = 1e-6)
    {
        CheckFloat("RmsNorm");
        if (Rank == 0) throw new ArgumentException("RmsNorm: a single number has no axis to normalise over");
        if (weight is not null && weight.Shape != Shape[^1..])
            throw new ArgumentException($"RmsNorm: the weight {weight.Shape} does not fit {Shape}: it must be ({Shape[^1]})");
        var y = this / ((this * this).Mean(-1, keep: true) + epsilon).Sqrt();
        return weight is null ? y : y * weight;
    }

    static Case[] RmsNormCases =>
    [
        Case.Of((x, w) => x.RmsNorm(w), [2, 3, 7], [7]) with { Bench = [[1024, 768], [768]] },
        Case.Of(x => x.RmsNorm(epsilon: 0.1), [4, 5]),
    ];
}
