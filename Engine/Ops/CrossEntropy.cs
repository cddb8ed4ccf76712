using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// The mean over positions of −ln softmax(x)[target], with label smoothing ε: (1 − ε)·that + ε·mean over classes of −ln softmax(x)
    /// (Szegedy et al. 2016, §7). Shapes: logits (…, classes), targets (…) I32 → (). Positions whose target is
    /// <paramref name="ignoreIndex"/> count for nothing; where all do, the mean is NaN. Each class's logarithm counts as often as
    /// <paramref name="weight"/> (classes) says, and the mean is then that of the targets' weights too. Targets may also be
    /// probabilities (…, classes).
    /// </summary>
    public Tensor CrossEntropy(Tensor targets, int ignoreIndex = -100, double labelSmoothing = 0, Tensor? weight = null)
    {
        var losses = CrossEntropyEach(targets, ignoreIndex, labelSmoothing, weight);
        return targets.DType.IsFloat ? losses.Mean() : losses.Sum() / targets.ClassWeights(weight, ignoreIndex, this).Sum();
    }

    /// <summary>The cross entropy of every position: (…, classes), targets (…) → (…); 0 where the target is ignored.</summary>
    public Tensor CrossEntropyEach(Tensor targets, int ignoreIndex = -100, double labelSmoothing = 0, Tensor? weight = null)
    {
        CheckFloat("CrossEntropy");
        bool soft = targets.DType.IsFloat;
        if (Rank == 0 || (!soft && targets.DType != DType.I32) || targets.Shape != (soft ? Shape : Shape[..^1]) || targets.Device != Device)
            throw new ArgumentException($"CrossEntropy: logits {Shape} and targets {targets.Shape} ({targets.DType}, {targets.Device.Name}): the targets must be on the same device, I32 and shaped like the logits without the last axis, or probabilities shaped like the logits");
        if (labelSmoothing is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(labelSmoothing), $"CrossEntropy: label smoothing {labelSmoothing} is not between 0 and 1");
        if (weight is not null && weight.Shape != Shape[^1..]) throw new ArgumentException($"CrossEntropy: logits {Shape} and class weights {weight.Shape}: there must be one for each of the {Shape[^1]} classes");
        if (soft) return -(LogSoftmax() * Weighted(targets * (1 - labelSmoothing) + labelSmoothing / Shape[^1], weight)).Sum(-1);
        if (weight is not null) return ComposedCrossEntropy(this, targets, ignoreIndex, labelSmoothing, weight);
        var (x, t) = (Contiguous(), targets.Contiguous());
        Tensor losses = Empty(targets.Shape, DType, Device), lse = Like(losses);
        Device.CrossEntropy(x, t, losses, lse, ignoreIndex, labelSmoothing);
        return Record(losses, [(x, dy =>
        {
            if (Recording) return PullTwin(own => ComposedCrossEntropy(own[0], t, ignoreIndex, labelSmoothing), [x], dy)[0];
            var dx = Like(x);
            x.Device.CrossEntropyBackward(x, t, lse, dy.Contiguous(), dx, ignoreIndex, labelSmoothing);
            return dx;
        })]);
    }

    // What each position of these class numbers counts: 1 or its class's weight (classes), and 0 where it is ignored.
    internal Tensor ClassWeights(Tensor? weight, int ignoreIndex, Tensor like)
    {
        var ignored = EqualTo(ignoreIndex);
        return weight is null ? (!ignored).To(like.DType) : weight.Take(MaskedFill(ignored, 0)).MaskedFill(ignored, 0);
    }

    static Tensor ComposedCrossEntropy(Tensor x, Tensor targets, int ignoreIndex, double smoothing, Tensor? weight = null)
    {
        var logp = Weighted(x.LogSoftmax(), weight);
        var others = Arange(x.Shape[^1], DType.I32, x.Device).NotEqualTo(targets.Unsqueeze(-1));
        var loss = -(1 - smoothing) * logp.MaskedFill(others, 0).Sum(-1);
        if (smoothing > 0) loss -= smoothing * logp.Mean(-1);
        return loss.MaskedFill(targets.EqualTo(ignoreIndex), 0);
    }

    static Tensor Weighted(Tensor x, Tensor? weight) => weight is null ? x : x * weight;

    static Case[] CrossEntropyCases =>
    [
        Case.Of((x, t) => x.CrossEntropy(t), [4, 5], Input.Indices(5, [4])) with { Bench = [[768, 4096], Input.Indices(4096, [768])] },
        Case.Of((x, t) => x.CrossEntropy(t, labelSmoothing: 0.1), [3, 37], Input.Indices(37, [3])),      // rows longer than a register
        Case.Of((x, t) => x.CrossEntropy(t, ignoreIndex: 1, labelSmoothing: 0.1), [2, 3, 4], Input.Indices(4, [2, 3])),
        Case.Of((x, t) => x.CrossEntropyEach(t, ignoreIndex: 0, labelSmoothing: 0.2), [6, 4], Input.Indices(4, [6])) with
        {
            Twin = t => ComposedCrossEntropy(t[0], t[1], 0, 0.2),
        },
        Case.Of((x, t, w) => x.CrossEntropy(t, 1, 0.2, w), [2, 3, 4], Input.Indices(4, [2, 3]), Input.Within(0.5, 2, [4])),
        Case.Of((x, p, w) => x.CrossEntropy(p, labelSmoothing: 0.1, weight: w), [2, 3, 4], Input.Within(0.1, 0.9, [2, 3, 4]), Input.Within(0.5, 2, [4])),
    ];
}
