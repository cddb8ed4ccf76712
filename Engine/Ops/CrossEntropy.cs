using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// The mean over positions of −ln softmax(x)[target], with label smoothing ε: (1 − ε)·that + ε·mean over classes of −ln softmax(x)
    /// (Szegedy et al. 2016, §7). Shapes: logits (…, classes), targets (…) I32 → (). Positions whose target is
    /// <paramref name="ignoreIndex"/> count for nothing; where all do, the mean is NaN.
    /// </summary>
    public Tensor CrossEntropy(Tensor targets, int ignoreIndex = -100, double labelSmoothing = 0) =>
        CrossEntropyEach(targets, ignoreIndex, labelSmoothing).Sum() / targets.NotEqualTo(ignoreIndex).To(DType).Sum();

    /// <summary>The cross entropy of every position: (…, classes), targets (…) → (…); 0 where the target is ignored.</summary>
    public Tensor CrossEntropyEach(Tensor targets, int ignoreIndex = -100, double labelSmoothing = 0)
    {
        CheckFloat("CrossEntropy");
        if (Rank == 0 || targets.DType != DType.I32 || targets.Shape != Shape[..^1] || targets.Device != Device)
            throw new ArgumentException($"CrossEntropy: logits {Shape} and targets {targets.Shape} ({targets.DType}, {targets.Device.Name}): the targets must be I32, on the same device, and shaped like the logits without the last axis");
        if (labelSmoothing is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(labelSmoothing), $"CrossEntropy: label smoothing {labelSmoothing} is not between 0 and 1");
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

    static Tensor ComposedCrossEntropy(Tensor x, Tensor targets, int ignoreIndex, double smoothing)
    {
        var logp = x.LogSoftmax();
        var hot = Arange(x.Shape[^1], DType.I32, x.Device).EqualTo(targets.Unsqueeze(-1)).To(x.DType);
        var loss = -(1 - smoothing) * (logp * hot).Sum(-1) - smoothing * logp.Mean(-1);
        return loss.MaskedFill(targets.EqualTo(ignoreIndex), 0);
    }

    static Case[] CrossEntropyCases =>
    [
        Case.Of((x, t) => x.CrossEntropy(t), [4, 5], Input.Indices(5, [4])) with { Bench = [[768, 4096], Input.Indices(4096, [768])] },
        Case.Of((x, t) => x.CrossEntropy(t, ignoreIndex: 1, labelSmoothing: 0.1), [2, 3, 4], Input.Indices(4, [2, 3])),
        Case.Of((x, t) => x.CrossEntropyEach(t, ignoreIndex: 0, labelSmoothing: 0.2), [6, 4], Input.Indices(4, [6])) with
        {
            Twin = t => ComposedCrossEntropy(t[0], t[1], 0, 0.2),
        },
    ];
}
