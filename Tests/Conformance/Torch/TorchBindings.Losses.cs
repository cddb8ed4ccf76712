using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Losses =>
    [
        ("cross_entropy(input, target, weight=None, ignore_index=-100, reduction='mean', label_smoothing=0.0)", CrossEntropy),
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
            : Reduced(a, logits.CrossEntropyEach(target, ignore, smoothing));
    }

    /// <summary>What reduction says of a loss number by number.</summary>
    static Tensor Reduced(Arguments a, Tensor each) => a.Text("reduction") switch
    {
        "none" => each,
        "sum" => each.Sum(),
        "mean" => each.Mean(),
        var other => throw new NotSupportedByEngineException($"reduction '{other}'"),
    };
}
