namespace NanoAttention;

/// <summary>
/// Self-attention in which groups of query heads share a key head (Ainslie et al. 2023, §2.2): multi-query attention where there is one
/// key head (Shazeer 2019), ordinary multi-head attention where there are as many. What may be seen (<see cref="Masks"/>: causal, a
/// window, dilated, blocks), what is added to the scores (<see cref="AlibiBias"/>, <see cref="BucketBias"/>) and how places turn
/// queries and keys (<see cref="Rotary"/>) are parts of it, and it goes on from a <see cref="KeyValueCache"/>.
/// <code>y = O [softmax(scale · q_h k_g(h)ᵀ + bias_h) v_g(h)]ₕ,   g(h) = ⌊h · key heads/heads⌋</code>
/// Shapes: (b, t, d) → (b, t, d); weights (b, h, t, s), s all places read so far.
/// </summary>
/// <param name="sees">Which keys a query may see; every one unless given.</param>
/// <param name="scale">1/√(d/h) unless given.</param>
public sealed class GroupedQueryAttention(int size, int heads, int? keyHeads = null, Sees? sees = null, PositionBias? bias = null,
    Rotary? rotary = null, double? scale = null)
    : SelfAttention(size, heads, keyHeads)
{
    public PositionBias? Bias => bias;

    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <param name="x">What comes next, (b, t, d).</param>
    /// <param name="cache">What has been read before; x is added to it.</param>
    /// <param name="keyMask">(b, s) Bool, true at the places read that are no padding.</param>
    public Tensor Forward(Tensor x, KeyValueCache? cache, Tensor? keyMask = null) =>
        Run(x, (q, k, v) => Attend(q, k, v, cache, keyMask, weighed: false)).Output;

    /// <inheritdoc cref="Forward(Tensor, KeyValueCache, Tensor)"/>
    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x, KeyValueCache? cache = null, Tensor? keyMask = null)
    {
        var (y, weights) = Run(x, (q, k, v) => Attend(q, k, v, cache, keyMask, weighed: true));
        return (y, weights!);
    }

    (Tensor, Tensor?) Attend(Tensor q, Tensor k, Tensor v, KeyValueCache? cache, Tensor? keyMask, bool weighed)
    {
        int offset = cache?.Count ?? 0;
        if (rotary is not null) (q, k) = (rotary.Forward(q, offset), rotary.Forward(k, offset));
        if (cache is not null) (k, v) = cache.Append(k, v);
        int t = q.Shape[2], s = k.Shape[2];
        var seen = sees is null ? null : Masks.Of(sees, t, s, offset, q.Device);                        // (t, s)
        var keys = keyMask?.Unsqueeze(1).Unsqueeze(1);                                                  // (b, 1, 1, s)
        var mask = seen is null ? keys : keys is null ? seen : seen & keys;
        var added = bias?.Forward(t, s, offset).To(q.DType).To(q.Device);                               // (h, t, s)
        return Heads.Attend(q, Shared(k), Shared(v), mask, added, causal: false, dropout: 0, weighed, scale);
    }

    // (b, key heads, s, n) → (b, h, s, n); one head is stretched as it is
    Tensor Shared(Tensor x) => KeyHeads == 1 || KeyHeads == QueryHeads ? x : x.RepeatInterleave(QueryHeads / KeyHeads, 1);

    internal static Case[] Cases =>
    [
        Case.Of(() => new GroupedQueryAttention(8, 4, 2, Masks.Causal, rotary: new()), (attention, x) => attention.Forward(x[0]),
            [[2, 3, 8]]) with
        {
            Timed = Case.Of(() => new GroupedQueryAttention(128, 4, 2, Masks.Causal, rotary: new()),
                (attention, x) => attention.Forward(x[0]), [[12, 64, 128]]),
        },
        Case.Of(() => new GroupedQueryAttention(6, 3, 1, Masks.Window(2), new AlibiBias(3)), (attention, x) => attention.Forward(x[0]),
            [[2, 4, 6]]),
        Case.Of(() => new GroupedQueryAttention(4, 2, bias: new BucketBias(2, 8, 4), scale: 1),
            (attention, x) => attention.Forward(x[0], null, x[1]), [[2, 4, 4], Input.Mask([2, 4])]),
        Case.Of(() => new GroupedQueryAttention(4, 2, sees: Masks.Dilated(2, 2)),
            (attention, x) => attention.ForwardWithWeights(x[0]).Weights, [[1, 5, 4]]),
        Case.Of(() => new GroupedQueryAttention(4, 2, sees: Masks.Strided(2)), (attention, x) => Resumed(attention, x[0], x[1]),
            [[1, 2, 4], [1, 3, 4]]),
    ];

    static Tensor Resumed(GroupedQueryAttention attention, Tensor first, Tensor second)
    {
        var cache = new KeyValueCache();
        return Tensor.Concat([attention.Forward(first, cache), attention.Forward(second, cache)], 1);
    }
}
