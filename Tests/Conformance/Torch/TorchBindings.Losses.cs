using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Losses =>
    [
        ("cross_entropy(input, target, weight=None, ignore_index=-100, reduction='mean', label_smoothing=0.0)", CrossEntropy),
        ("mse_loss(input, target, reduction='mean')", a => Averaged(a, Loss.MeanSquared)),
        ("binary_cross_entropy_with_logits(input, target, reduction='mean')", a => Averaged(a, Loss.BinaryCrossEntropy)),
    ];

    /// <summary>PyTorch keeps the classes on axis 1, this engine on the last.</summary>
    static Tensor CrossEntropy(Arguments a)
    {
        var target = a.Tensor("target");
        if (a.Has("weight")) throw new NotSupportedByEngineException("cross_entropy with class weights");
        if (target.DType.IsFloat) throw new NotSupportedByEngineException("cross_entropy with probabilities as targets");
        var logits = a.Input().Rank > 2 ? MoveAxis(a.Input(), 1, -1) : a.Input();
        int ignore = a.Int("ignore_index");
        double smoothing = a.Float("label_smoothing");
        return a.Text("reduction") == "mean" ? logits.CrossEntropy(target, ignore, smoothing)
            : a.Text("reduction") == "sum" ? logits.CrossEntropyEach(target, ignore, smoothing).Sum()
            : logits.CrossEntropyEach(target, ignore, smoothing);
    }

    /// <summary>A loss that is the mean of all numbers, or their sum.</summary>
    static Tensor Averaged(Arguments a, Func<Tensor, Tensor, Tensor> mean) => a.Text("reduction") switch
    {
        "mean" => mean(a.Input(), a.Tensor("target")),
        "sum" => mean(a.Input(), a.Tensor("target")) * a.Input().Count,
        var other => throw new NotSupportedByEngineException($"a mean loss with reduction '{other}'"),
    };
}
