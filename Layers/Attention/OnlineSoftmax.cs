namespace NanoAttention;

/// <summary>
/// Scaled dot-product attention that reads keys and values in chunks, one pass, and never holds all scores of a query (Milakov and
/// Gimelshein 2018; Rabe and Staats 2021): whenever a larger score turns up, what was summed so far is scaled down. The fused
/// <see cref="Tensor.ScaledDotProductAttention"/> does the same inside its kernels; here it can be read.
/// <code>
/// m' = max(m, max e),  p = exp(e − m'),  l ← l exp(m − m') + Σ p,  a ← a exp(m − m') + p v   for each chunk,   y = a/l
/// </code>
/// </summary>
public static class OnlineSoftmax
{
    /// <summary>Shapes: q (…, t, d), k (…, s, d), v (…, s, e), mask Bool, stretched to (…, t, s) → (…, t, e); 0 where nothing may be
    /// seen.</summary>
    /// <param name="chunk">How many keys are read at a time.</param>
    public static Tensor Attend(Tensor q, Tensor k, Tensor v, int chunk, Tensor? mask = null)
    {
        if (chunk < 1)
            throw new ArgumentOutOfRangeException(nameof(chunk), $"OnlineSoftmax: a chunk of {chunk} keys; it must have at least one");
        if (q.Rank < 2 || k.Rank < 2 || v.Rank < 2)
            throw new ArgumentException($"OnlineSoftmax: q {q.Shape}, k {k.Shape} and v {v.Shape} must be (…, t, d), (…, s, d) and (…, s, e)");
        int keys = k.Shape[^2];
        Shape rows = [.. Shape.Broadcast(q.Shape[..^2], k.Shape[..^2]).Sizes, q.Shape[^2]];
        mask = (mask ?? Tensor.Full([], 1, DType.Bool, q.Device)).Expand([.. rows.Sizes, keys]);
        var none = Tensor.Zeros([], q.DType, q.Device);
        // m (…, t, 1); the result does not depend on it
        var largest = Tensor.Full([.. rows.Sizes, 1], -1e30, q.DType, q.Device);
        Tensor sum = Tensor.Zeros(largest.Shape, q.DType, q.Device), answer = Tensor.Zeros([.. rows.Sizes, v.Shape[^1]], q.DType, q.Device);
        for (int from = 0; from < keys; from += chunk)
        {
            int count = Math.Min(chunk, keys - from);
            var seen = mask.Slice(-1, from, count);
            var scores = q.MatMul(k.Slice(-2, from, count).Transpose()) / Math.Sqrt(q.Shape[^1]);
            scores = scores.MaskedFill(!seen, -1e30);
            var larger = largest.Maximum(scores.Detach().Max(-1, keep: true));
            var p = Tensor.Where(seen, (scores - larger).Exp(), none);
            var shrink = (largest - larger).Exp();
            (largest, sum, answer) = (larger, sum * shrink + p.Sum(-1, keep: true), answer * shrink + p.MatMul(v.Slice(-2, from, count)));
        }
        return answer / sum.MaskedFill(sum.EqualTo(0), 1);
    }

    internal static Case[] Cases =>
    [
        Case.Of(t => Attend(t[0], t[1], t[2], 2),
            [[2, 2, 3, 2], [2, 2, 5, 2], [2, 2, 5, 3]]) with { Twin = t => Tensor.ScaledDotProductAttention(t[0], t[1], t[2]) },
        Case.Of(t => Attend(t[0], t[1], t[2], 3, t[3]), [[2, 3, 2], [2, 4, 2], [2, 4, 1], Input.Mask([2, 3, 4])]) with
        {
            Twin = t => Tensor.ScaledDotProductAttention(t[0], t[1], t[2], t[3]),
        },
    ];
}
