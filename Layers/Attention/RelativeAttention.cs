namespace NanoAttention;

/// <summary>
/// Self-attention that knows how far apart query and key stand (Shaw, Uszkoreit and Vaswani 2018, §3): a trained vector for each
/// distance, the same one beyond <c>reach</c>, is added to the key and to the value. All heads share them.
/// <code>eᵢⱼ = qᵢ · (kⱼ + aᴷ_r)/√(d/h),  w = softmax(e),  yᵢ = Σⱼ wᵢⱼ (vⱼ + aⱽ_r),   r = clip(j − i, −reach, reach)</code>
/// Shapes: (b, t, d) → (b, t, d); weights (b, h, t, t).
/// </summary>
/// <param name="sees">Which keys a query may see; every one unless given.</param>
public sealed class RelativeAttention(int size, int heads, int reach, Sees? sees = null) : SelfAttention(size, heads)
{
    /// <summary>aᴷ, (2 reach + 1, d/h)</summary>
    public Tensor KeyDistances { get; } = Initialise.XavierUniform(Initialise.Parameter([Places(reach), size / Heads.Of(nameof(RelativeAttention), size, heads)]));

    /// <summary>aⱽ, (2 reach + 1, d/h)</summary>
    public Tensor ValueDistances { get; } = Initialise.XavierUniform(Initialise.Parameter([Places(reach), size / Heads.Of(nameof(RelativeAttention), size, heads)]));

    static int Places(int reach) => reach is >= 0 and < int.MaxValue / 2 ? 2 * reach + 1
        : throw new ArgumentOutOfRangeException(nameof(reach), $"RelativeAttention: a reach of {reach}; there are distances from 0 up to that");

    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <param name="keyMask">(b, t) Bool, true at the places that are no padding.</param>
    public Tensor Forward(Tensor x, Tensor? keyMask) => ForwardWithWeights(x, keyMask).Output;

    /// <inheritdoc cref="Forward(Tensor, Tensor)"/>
    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x, Tensor? keyMask = null)
    {
        var (y, weights) = Run(x, (q, k, v) => Attend(q, k, v, keyMask));
        return (y, weights!);
    }

    (Tensor, Tensor?) Attend(Tensor q, Tensor k, Tensor v, Tensor? keyMask)
    {
        int t = q.Shape[2];
        int[] rows = [.. Enumerable.Range(0, t * t).Select(at => Math.Clamp(at % t - at / t, -reach, reach) + reach)];
        var distances = Tensor.From(rows, [t, t], q.Device);
        var scores = q.MatMul(k.Transpose()) + Tensor.Einsum("bhtd,tsd->bhts", q, KeyDistances.Gather(distances));
        var seen = sees is null ? null : Masks.Of(sees, t, t, device: q.Device);                        // (t, t)
        var keys = keyMask?.Unsqueeze(1).Unsqueeze(1);                                                  // (b, 1, 1, t)
        var weights = Masks.Softmax(scores / Math.Sqrt(q.Shape[3]), seen is null ? keys : keys is null ? seen : seen & keys);
        return (weights.MatMul(v) + Tensor.Einsum("bhts,tsd->bhtd", weights, ValueDistances.Gather(distances)), weights);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new RelativeAttention(4, 2, 2), (attention, x) => attention.Forward(x[0], x[1]), [[2, 4, 4], Input.Mask([2, 4])]) with
        {
            Timed = Case.Of(() => new RelativeAttention(128, 4, 16), (attention, x) => attention.Forward(x[0]), [[12, 64, 128]]),
        },
        Case.Of(() => new RelativeAttention(4, 2, 1, Masks.Causal), (attention, x) => attention.ForwardWithWeights(x[0]).Weights,
            [[1, 4, 4]]),
    ];
}
