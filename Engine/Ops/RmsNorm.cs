using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// y = x/√(mean x² + ε) ⊙ weight over the last axis (Zhang and Sennrich 2019): LayerNorm without the mean. Shapes: x (…, n), weight
    /// (n). The GPU composes it of other operations.
    /// <code>dx = (g − x̂ mean(g x̂))/√(mean x² + ε) with g = dy ⊙ weight;  dweight = Σ dy x̂</code>
    /// </summary>
    public Tensor RmsNorm(Tensor? weight = null, double epsilon = 1e-6)
    {
        CheckFloat("RmsNorm");
        if (Rank == 0) throw new ArgumentException("RmsNorm: a single number has no axis to normalise over");
        if (weight is not null)
        {
            CheckPair(this, weight, "RmsNorm");
            if (weight.Shape != Shape[^1..]) throw new ArgumentException($"RmsNorm: the weight {weight.Shape} does not fit {Shape}: it must be ({Shape[^1]})");
        }
        if (Device is not CpuDevice cpu) return ComposedRmsNorm(this, weight, epsilon);
        var (x, w) = (Contiguous(), weight?.Contiguous());
        Tensor y = Like(x), rstd = Empty(Shape[..^1], DType, Device);
        cpu.RmsNorm(x, w, y, rstd, epsilon);

        Tensor[] inputs = w is null ? [x] : [x, w];
        return Record(y, inputs, dy =>
        {
            if (Recording) return PullTwin(t => ComposedRmsNorm(t[0], w is null ? null : t[1], epsilon), inputs, dy);
            var dx = x.RequiresGrad ? Like(x) : null;
            var dw = w is { RequiresGrad: true } ? Like(w) : null;
            cpu.RmsNormBackward(x, w, rstd, dy.Contiguous(), dx, dw);
            return w is null ? [dx] : [dx, dw];
        });
    }

    static Tensor ComposedRmsNorm(Tensor x, Tensor? weight, double epsilon)
    {
        var y = x / ((x * x).Mean(-1, keep: true) + epsilon).Sqrt();
        return weight is null ? y : y * weight;
    }

    static Case[] RmsNormCases =>
    [
        Case.Of((x, w) => x.RmsNorm(w), [2, 3, 7], [7]) with { Twin = t => ComposedRmsNorm(t[0], t[1], 1e-6), Bench = [[1024, 768], [768]] },
        Case.Of((x, w) => x.RmsNorm(w), [35, 37], [37]) with { Twin = t => ComposedRmsNorm(t[0], t[1], 1e-6) },    // rows longer than a register, and more of them than a block
        Case.Of(x => x.RmsNorm(epsilon: 0.1), [4, 5]) with { Twin = t => ComposedRmsNorm(t[0], null, 0.1) },
    ];
}
