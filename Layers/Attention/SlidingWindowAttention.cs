namespace NanoAttention;

/// <summary>
/// Self-attention that looks back at a window of places, <c>step</c> apart (Beltagy, Peters and Cohan 2020, §3.1), and computes no other
/// score: time and memory grow with t · window, not t². The same as full attention with <see cref="Masks.Dilated"/>.
/// <code>wᵢ = softmax over c of qᵢ · k_j/√(d/h),  yᵢ = Σ_c w_ic v_j,   j = i − c · step,  0 ≤ c &lt; window</code>
/// Shapes: (b, t, d) → (b, t, d); weights (b, h, t, t).
/// </summary>
public sealed class SlidingWindowAttention(int size, int heads, int window, int step = 1) : SelfAttention(size, heads)
{
    public override Tensor Forward(Tensor x) => Run(x, (q, k, v) => Attend(q, k, v, weighed: false)).Output;

    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x)
    {
        var (y, weights) = Run(x, (q, k, v) => Attend(q, k, v, weighed: true));
        return (y, weights!);
    }

    (Tensor, Tensor?) Attend(Tensor q, Tensor k, Tensor v, bool weighed)
    {
        int t = q.Shape[2];
        var there = Masks.Of((i, c) => i >= (window - 1 - c) * step, t, window, device: q.Device);      // (t, window): not before the start
        var scores = Tensor.Einsum("bhtd,bhdct->bhtc", q, Windows(k)) / Math.Sqrt(q.Shape[3]);
        var weights = scores.Softmax(there);                                                            // (b, h, t, window)
        return (Tensor.Einsum("bhtc,bhdct->bhtd", weights, Windows(v)), weighed ? Spread(weights) : null);
    }

    int Before => (window - 1) * step;

    // (b, h, t, n) → (b, h, n, window, t): what each place looks back at, the oldest first, 0 before the start
    Tensor Windows(Tensor x) => x.Pad(2, Before, 0).Transpose(2, 3).Windows([window], dilation: step);

    // (b, h, t, window) → (b, h, t, t)
    Tensor Spread(Tensor weights)
    {
        int t = weights.Shape[2];
        int[] places = [.. Enumerable.Range(0, t * window).Select(at => at / window + at % window * step)];
        var indices = Tensor.From(places, [t, window], weights.Device).Expand(weights.Shape.Sizes);
        var none = Tensor.Zeros(weights.Shape.With(3, Before + t), weights.DType, weights.Device);
        return none.Scatter(-1, indices, weights).Slice(-1, Before, t);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new SlidingWindowAttention(4, 2, 3), (attention, x) => attention.Forward(x[0]), [[2, 5, 4]]) with
        {
            Timed = Case.Of(() => new SlidingWindowAttention(128, 4, 16), (attention, x) => attention.Forward(x[0]), [[12, 64, 128]]),
        },
        Case.Of(() => new SlidingWindowAttention(4, 2, 2, 2), (attention, x) => attention.ForwardWithWeights(x[0]).Weights, [[1, 5, 4]]),
    ];
}
