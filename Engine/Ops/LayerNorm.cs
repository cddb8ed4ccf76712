using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// y = (x − x̄)/√(s² + ε) ⊙ weight + bias over the last axis, s² the variance without correction (Ba, Kiros and Hinton 2016).
    /// Shapes: x (…, n), weight and bias (n).
    /// <code>dx = (g − mean g − x̂ mean(g x̂))/√(s² + ε) with g = dy ⊙ weight;  dweight = Σ dy x̂;  dbias = Σ dy</code>
    /// </summary>
    public Tensor LayerNorm(Tensor? weight = null, Tensor? bias = null, double epsilon = 1e-5)
    {
        CheckFloat("LayerNorm");
        if (Rank == 0) throw new ArgumentException("LayerNorm: a single number has no axis to normalise over");
        foreach (var p in (ReadOnlySpan<Tensor?>)[weight, bias])
        {
            if (p is null) continue;
            CheckPair(this, p, "LayerNorm");
            if (p.Shape != Shape[^1..])
                throw new ArgumentException($"LayerNorm: the parameter {p.Shape} does not fit {Shape}: it must be ({Shape[^1]})");
        }
        var (x, w, b) = (Contiguous(), weight?.Contiguous(), bias?.Contiguous());
        var y = Like(x);
        Tensor mean = Empty(Shape[..^1], DType, Device), rstd = Like(mean);
        Device.LayerNorm(x, w, b, y, mean, rstd, epsilon);

        Tensor[] inputs = [x, .. w is null ? [] : (Tensor[])[w], .. b is null ? [] : (Tensor[])[b]];
        return Record(y, inputs, dy =>
        {
            if (Recording)
                return PullTwin(t => ComposedLayerNorm(t[0], w is null ? null : t[1], b is null ? null : t[^1], epsilon), inputs, dy);
            var dx = x.RequiresGrad ? Like(x) : null;
            var dw = w is { RequiresGrad: true } ? Like(w) : null;
            var db = b is { RequiresGrad: true } ? Like(b) : null;
            x.Device.LayerNormBackward(x, w, mean, rstd, dy.Contiguous(), dx, dw, db);
            return [dx, .. w is null ? [] : (Tensor?[])[dw], .. b is null ? [] : (Tensor?[])[db]];
        });
    }

    static Tensor ComposedLayerNorm(Tensor x, Tensor? weight, Tensor? bias, double epsilon)
    {
        x = x.FromFirst(-1);
        var y = (x - x.Mean(-1, keep: true)) / (x.Var(-1, correction: 0, keep: true) + epsilon).Sqrt();
        if (weight is not null) y *= weight;
        return bias is null ? y : y + bias;
    }

    static Case[] LayerNormCases =>
    [
        Case.Of((x, w, b) => x.LayerNorm(w, b), [2, 3, 7], [7], [7]) with
        {
            Twin = t => ComposedLayerNorm(t[0], t[1], t[2], 1e-5), Bench = [[1024, 768], [768], [768]],
        },
        Case.Of((x, w, b) => x.LayerNorm(w, b), [2, 37], [37], [37]),      // rows longer than a register
        Case.Of(x => x.LayerNorm(epsilon: 0.1), [4, 5]) with { Twin = t => ComposedLayerNorm(t[0], null, null, 0.1) },
        Case.Of((x, w) => x.LayerNorm(w), [4, 5], [5]) with { Twin = t => ComposedLayerNorm(t[0], t[1], null, 1e-5) },
    ];
}
