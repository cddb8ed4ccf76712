namespace NanoAttention;

/// <summary>
/// Attention whose similarity is a product of features (Katharopoulos et al. 2020, §3.2): sums over keys are made once for all queries,
/// so time grows with t, not t². The causal form keeps running sums, and goes on from a <see cref="LinearCache"/> like a recurrent network.
/// <code>yᵢ = φ(qᵢ) Σⱼ φ(kⱼ)ᵀ vⱼ / φ(qᵢ) · Σⱼ φ(kⱼ),   φ(x) = elu(x) + 1</code>
/// Shapes: (b, t, d) → (b, t, d); weights (b, h, t, t). A query that may look nowhere answers 0.
/// </summary>
public sealed class LinearAttention(int size, int heads, bool causal = false) : SelfAttention(size, heads)
{
    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <param name="keyMask">(b, t) Bool, true at the places that are no padding.</param>
    /// <param name="cache">Of the causal form: what has been read before; x is added to it.</param>
    public Tensor Forward(Tensor x, Tensor? keyMask, LinearCache? cache = null)
    {
        if (cache is not null && !causal) throw new ArgumentException("LinearAttention: only the causal form goes on from a cache");
        return Run(x, (q, k, v) => (Attend(q, k, v, causal, keyMask, cache), null)).Output;
    }

    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x, Tensor? keyMask = null)
    {
        var (y, weights) = Run(x, (q, k, v) => (Attend(q, k, v, causal, keyMask), Weights(q, k, causal, keyMask)));
        return (y, weights!);
    }

    /// <summary>The attention itself: q (…, t, d), k (…, s, d), v (…, s, e) → (…, t, e); a key mask (b, s) where the leading axes are (b,
    /// h).</summary>
    public static Tensor Attend(Tensor q, Tensor k, Tensor v, bool causal = false, Tensor? keyMask = null, LinearCache? cache = null)
    {
        (q, k) = (Features(q), Keys(k, keyMask));
        if (!causal) return Ratio(q.MatMul(k.Transpose().MatMul(v)), q.MatMul(k.Sum(-2).Unsqueeze(-1)));
        Tensor products = (k.Unsqueeze(-1) * v.Unsqueeze(-2)).CumSum(-3), sums = k.CumSum(-2);          // (…, t, d, e), (…, t, d)
        if (cache is not null) (products, sums) = cache.Append(products, sums);
        return Ratio(q.Unsqueeze(-2).MatMul(products).Squeeze(-2), (q * sums).Sum(-1, keep: true));
    }

    static Tensor Weights(Tensor q, Tensor k, bool causal, Tensor? keyMask)
    {
        var shares = Features(q).MatMul(Keys(k, keyMask).Transpose());                                  // (…, t, s)
        if (causal) shares = shares.Tril();
        return Ratio(shares, shares.Sum(-1, keep: true));
    }

    // φ without the rounding of exp(x) − 1 + 1
    static Tensor Features(Tensor x) => x.Relu() + x.Clamp(high: 0).Exp();

    static Tensor Keys(Tensor k, Tensor? keyMask) =>
        keyMask is null ? Features(k) : Features(k).MaskedFill(!keyMask.Unsqueeze(1).Unsqueeze(-1), 0);

    static Tensor Ratio(Tensor x, Tensor sum) => x / sum.MaskedFill(sum.EqualTo(0), 1);

    internal static Case[] Cases =>
    [
        Case.Of(() => new LinearAttention(4, 2), (attention, x) => attention.Forward(x[0], x[1]), [[2, 3, 4], Input.Mask([2, 3])]) with
        {
            Timed = Case.Of(() => new LinearAttention(128, 4), (attention, x) => attention.Forward(x[0]), [[12, 64, 128]]),
        },
        Case.Of(() => new LinearAttention(4, 2, causal: true), (attention, x) => attention.Forward(x[0]), [[2, 4, 4]]),
        Case.Of(() => new LinearAttention(4, 2, causal: true), (attention, x) => attention.ForwardWithWeights(x[0]).Weights, [[1, 3, 4]]),
        Case.Of(() => new LinearAttention(2, 1, causal: true), (attention, x) => Resumed(attention, x[0], x[1]), [[1, 2, 2], [1, 2, 2]]),
    ];

    static Tensor Resumed(LinearAttention attention, Tensor first, Tensor second)
    {
        var cache = new LinearCache();
        return Tensor.Concat([attention.Forward(first, null, cache), attention.Forward(second, null, cache)], 1);
    }
}

/// <summary>What causal linear attention keeps of all that it has read: Σ φ(k)ᵀ v (…, 1, d, e) and Σ φ(k) (…, 1, d), of one size however
/// much that was.</summary>
public sealed class LinearCache
{
    readonly Carried carried = new();
    Tensor? products, sums;

    /// <summary>Running sums (…, t, d, e) and (…, t, d) with what came before added to each.</summary>
    internal (Tensor Products, Tensor Sums) Append(Tensor newProducts, Tensor newSums)
    {
        if (products is not null) (newProducts, newSums) = (newProducts + products, newSums + sums!);
        int last = newSums.Shape[^2] - 1;
        (products, sums) = (newProducts.Slice(-3, last, 1).Clone(), newSums.Slice(-2, last, 1).Clone());
        carried.Hold(products, sums);
        return (newProducts, newSums);
    }
}
