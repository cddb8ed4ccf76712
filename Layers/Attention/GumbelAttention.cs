namespace NanoAttention;

/// <summary>
/// Attention to one key at a time with a gradient (Gumbel-softmax: Jang, Gu and Poole 2017, §2; Maddison, Mnih and Teh 2017): forward
/// the largest of noisy scores counts alone, backward their softmax stands in for it ("straight through": biased, but of small variance).
/// Without noise after training.
/// <code>y = softmax((score(q, k) + g)/τ),  w = onehot(argmax y) with dy = dw,  context = Σⱼ wⱼ vⱼ</code>
/// Shapes: those of <see cref="GlobalAttention"/>. A query that may look nowhere answers 0.
/// </summary>
/// <param name="temperature">τ: the lower, the nearer y is to w.</param>
/// <param name="straightThrough">Whether w is one-hot; else it is y itself.</param>
public sealed class GumbelAttention(Score score, double temperature = 1, bool straightThrough = true) : Module
{
    public Score Score => score;

    public Tensor Forward(Tensor queries, Tensor keys, Tensor values, Tensor? mask = null) =>
        ForwardWithWeights(queries, keys, values, mask).Output;

    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor queries, Tensor keys, Tensor values, Tensor? mask = null)
    {
        var scores = score.Forward(queries, keys);
        if (Training) scores += Gumbel.Noise(scores);
        var soft = Masks.Softmax(scores / temperature, mask);                           // (b, t, s)
        var weights = straightThrough ? StraightThrough(soft) : soft;
        return (weights.MatMul(values), weights);
    }

    static Tensor StraightThrough(Tensor soft) =>
        Reverse.Record(Gumbel.OneHot(soft.ArgMax(-1), soft), [(soft, dw => dw)]);

    // One-hot weights have no slope to compare with; the contracts say that theirs is that of the soft ones.
    internal static Case[] Cases =>
    [
        Case.Of(() => new GumbelAttention(new GeneralScore(4, 3), 0.7, straightThrough: false),
            (attention, x) => attention.Forward(x[0], x[1], x[2], x[3]), [[2, 3, 4], [2, 5, 3], [2, 5, 2], Input.Mask([2, 1, 5])]),
    ];
}
