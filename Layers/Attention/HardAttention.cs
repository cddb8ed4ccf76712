namespace NanoAttention;

/// <summary>
/// Attention that looks at one key at a time, drawn by its weight (Xu et al. 2015, §4.1). What is drawn has no gradient;
/// <see cref="Reinforce"/> makes one of the probability of the draw. After training the likeliest key is taken.
/// <code>w = softmax(score(q, k)),  j ~ w,  context = vⱼ</code>
/// Shapes: those of <see cref="GlobalAttention"/>; the weights are the probabilities. A query that may look nowhere answers 0.
/// </summary>
public sealed class HardAttention(Score score) : Module
{
    public Score Score => score;

    /// <summary>What was looked at.</summary>
    /// <param name="Output">(b, t, d)</param>
    /// <param name="Weights">The probabilities, (b, t, s).</param>
    /// <param name="Places">The keys that were drawn, (b, t) I32; 0 where there was none to see.</param>
    /// <param name="LogProbability">ln w of them, (b, t); 0 where there was none to see.</param>
    public sealed record Look(Tensor Output, Tensor Weights, Tensor Places, Tensor LogProbability);

    public Tensor Forward(Tensor queries, Tensor keys, Tensor values, Tensor? mask = null) => Draw(queries, keys, values, mask).Output;

    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor queries, Tensor keys, Tensor values, Tensor? mask = null) =>
        Draw(queries, keys, values, mask) is var look ? (look.Output, look.Weights) : default;

    /// <summary>The same with the places drawn and their probability.</summary>
    public Look Draw(Tensor queries, Tensor keys, Tensor values, Tensor? mask = null)
    {
        var scores = score.Forward(queries, keys);
        var noisy = Training ? scores.Detach() + Gumbel.Noise(scores) : scores.Detach();
        return At(Masks.Softmax(noisy, mask).ArgMax(-1), scores, values, mask);
    }

    /// <summary>The same for keys that the caller chooses, (b, t) I32.</summary>
    public Look At(Tensor places, Tensor queries, Tensor keys, Tensor values, Tensor? mask = null) =>
        At(places, score.Forward(queries, keys), values, mask);

    static Look At(Tensor places, Tensor scores, Tensor values, Tensor? mask)
    {
        var weights = Masks.Softmax(scores, mask);
        var chosen = Gumbel.OneHot(places, weights);                                                    // (b, t, s)
        var logarithms = (mask is null ? scores : scores.MaskedFill(!mask, -1e30)).LogSoftmax();
        return new(chosen.MatMul(values), weights, places, (chosen * logarithms).Sum(-1));
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new HardAttention(new GeneralScore(4, 3)), (attention, x) => attention.Draw(x[0], x[1], x[2]).LogProbability,
            [[2, 3, 4], [2, 5, 3], [2, 5, 2]]),
        Case.Of(() => new HardAttention(new DotScore()), (attention, x) => attention.Forward(x[0], x[1], x[2], x[3]),
            [[2, 3, 2], [2, 5, 2], [2, 5, 3], Input.Mask([2, 1, 5])]),
    ];
}
