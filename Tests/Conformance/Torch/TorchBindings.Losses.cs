using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Losses =>
    [
        ("cross_entropy(input, target, weight=None, ignore_index=-100, reduction='mean', label_smoothing=0.0)", CrossEntropy),
        ("nll_loss(input, target, weight=None, ignore_index=-100, reduction='mean')", a => Loss.NegativeLogLikelihood(
            ClassesLast(a.Input()), a.Tensor("target"), a.TensorOrNone("weight"), a.Int("ignore_index"), Reduced(a))),
        ("mse_loss(input, target, reduction='mean')", a => Stretched(a, (x, y) => Loss.MeanSquared(x, y, Reduced(a)))),
        ("l1_loss(input, target, reduction='mean')", a => Stretched(a, (x, y) => Loss.MeanAbsolute(x, y, Reduced(a)))),
        ("smooth_l1_loss(input, target, reduction='mean', beta=1.0)", a =>
            Stretched(a, (x, y) => Loss.SmoothL1(x, y, a.Float("beta"), Reduced(a)))),
        ("huber_loss(input, target, reduction='mean', delta=1.0)", a =>
            Stretched(a, (x, y) => Loss.Huber(x, y, a.Float("delta"), Reduced(a)))),
        ("poisson_nll_loss(input, target, log_input=True, full=False, eps=1e-8, reduction='mean')", a => Loss.PoissonNegativeLogLikelihood(
            a.Input(), a.Tensor("target"), a.Bool("log_input"), a.Bool("full"), a.Float("eps"), Reduced(a))),
        ("gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction='mean')", a => Loss.GaussianNegativeLogLikelihood(
            a.Input(), a.Tensor("target"), a.Tensor("var"), a.Bool("full"), a.Float("eps"), Reduced(a))),
        ("binary_cross_entropy(input, target, weight=None, reduction='mean')", a =>
            Loss.BinaryCrossEntropy(a.Input(), a.Tensor("target"), a.TensorOrNone("weight"), Reduced(a))),
        ("binary_cross_entropy_with_logits(input, target, weight=None, reduction='mean', pos_weight=None)", a => Loss.BinaryCrossEntropyWithLogits(
            a.Input(), a.Tensor("target"), a.TensorOrNone("weight"), a.TensorOrNone("pos_weight"), Reduced(a))),
        ("kl_div(input, target, reduction='mean', log_target=False)", a => a.Text("reduction") == "batchmean"
            ? Loss.KullbackLeibler(a.Input(), a.Tensor("target"), a.Bool("log_target"), Reduction.Sum) / a.Input().Shape[0]
            : Loss.KullbackLeibler(a.Input(), a.Tensor("target"), a.Bool("log_target"), Reduced(a))),
        ("soft_margin_loss(input, target, reduction='mean')", a => Loss.SoftMargin(a.Input(), a.Tensor("target"), Reduced(a))),
        ("multi_margin_loss(input, target, p=1, margin=1.0, weight=None, reduction='mean')", a => Loss.MultiMargin(
            a.Input(), a.Tensor("target"), a.Int("p"), a.Float("margin"), a.TensorOrNone("weight"), Reduced(a))),
        ("hinge_embedding_loss(input, target, margin=1.0, reduction='mean')", a =>
            Loss.HingeEmbedding(a.Input(), a.Tensor("target"), a.Float("margin"), Reduced(a))),
        ("margin_ranking_loss(input1, input2, target, margin=0.0, reduction='mean')", a =>
            Loss.MarginRanking(a.Tensor("input1"), a.Tensor("input2"), a.Tensor("target"), a.Float("margin"), Reduced(a))),
        ("cosine_embedding_loss(input1, input2, target, margin=0.0, reduction='mean')", a =>
            Loss.CosineEmbedding(a.Tensor("input1"), a.Tensor("input2"), a.Tensor("target"), a.Float("margin"), Reduced(a))),
        ("triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction='mean')", a => Loss.TripletMargin(
            a.Tensor("anchor"), a.Tensor("positive"), a.Tensor("negative"), a.Float("margin"), a.Float("p"), a.Float("eps"), a.Bool("swap"), Reduced(a))),
        ("ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction='mean', zero_infinity=False)", Temporal),
    ];

    static Tensor CrossEntropy(Arguments a)
    {
        var target = a.Tensor("target");
        var logits = ClassesLast(a.Input());
        if (target.DType.IsFloat) target = ClassesLast(target);
        var losses = logits.CrossEntropyEach(target, a.Int("ignore_index"), a.Float("label_smoothing"), a.TensorOrNone("weight"));
        return Reduced(a) switch
        {
            Reduction.Mean => logits.CrossEntropy(target, a.Int("ignore_index"), a.Float("label_smoothing"), a.TensorOrNone("weight")),
            Reduction.Sum => losses.Sum(),
            _ => losses,
        };
    }

    /// <summary>PyTorch keeps the classes on axis 1, this engine on the last.</summary>
    static Tensor ClassesLast(Tensor x) => x.Rank > 2 ? MoveAxis(x, 1, -1) : x;

    static Reduction Reduced(Arguments a) => a.Text("reduction") switch
    {
        "mean" => Reduction.Mean,
        "sum" => Reduction.Sum,
        "none" => Reduction.None,
        var other => throw new NotSupportedByEngineException($"reduction '{other}'"),
    };

    /// <summary>Of a batch, or of one example without that axis; targets in rows, or one behind the other.</summary>
    static Tensor Temporal(Arguments a)
    {
        Tensor logp = a.Tensor("log_probs"), targets = a.Tensor("targets");
        int[] lengths = Lengths(a, "target_lengths");
        bool alone = logp.Rank == 2;
        if (alone) (logp, targets) = (logp.Unsqueeze(1), targets.Unsqueeze(0));
        if (targets.Rank == 1)
        {
            int longest = lengths.Max(), from = 0;
            targets = NanoAttention.Tensor.Stack([.. lengths.Select(n => targets.Slice(0, (from += n) - n, n).Pad(0, 0, longest - n))]);
        }
        var loss = Loss.ConnectionistTemporal(logp, targets, Lengths(a, "input_lengths"), lengths, a.Int("blank"), a.Bool("zero_infinity"), Reduced(a));
        return alone ? loss.Reshape() : loss;
    }

    // PyTorch stretches the two of a loss to one shape, with a warning.
    static Tensor Stretched(Arguments a, Func<Tensor, Tensor, Tensor> loss)
    {
        var (x, y) = (a.Input(), a.Tensor("target"));
        var shape = Shape.Broadcast(x.Shape, y.Shape);
        return loss(x.Expand(shape.Sizes), y.Expand(shape.Sizes));
    }

    static int[] Lengths(Arguments a, string name) =>
        a[name] is Tensor t ? [.. t.ToDoubles().Select(n => (int)n)] : a.Ints(name);
}
