using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;
using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// y = softmax(scale · q kᵀ + bias) v (Vaswani et al. 2017, §3.2.1). Nobody ever holds all the scores, (b, h, t, s), only blocks of
    /// them, neither forward nor backward. A query that may see no key answers 0, and gets a gradient of 0.
    /// Shapes: q (b, h, t, d), k (b, h, s, d), v (b, h, s, e) → (b, h, t, e); or all without h, or without both; leading axes of size 1 are
    /// stretched.
    /// </summary>
    /// <param name="mask">Bool, stretched to (b, h, t, s): true where a query may see a key.</param>
    /// <param name="bias">Stretched to (b, h, t, s), added to the scores.</param>
    /// <param name="causal">Whether query i sees only keys j ≤ i.</param>
    /// <param name="scale">1/√d unless given.</param>
    /// <param name="dropout">The probability of dropping a weight.</param>
    public static Tensor ScaledDotProductAttention(Tensor q, Tensor k, Tensor v, Tensor? mask = null, Tensor? bias = null,
        bool causal = false, double? scale = null, double dropout = 0) =>
        Attend(q, k, v, mask, bias, causal, scale, dropout, weighed: false).Y;

    /// <summary>The same attention bit for bit, with the weights (b, h, t, s) of every head, which are those before dropout.</summary>
    public static (Tensor Y, Tensor Weights) ScaledDotProductAttentionWithWeights(Tensor q, Tensor k, Tensor v, Tensor? mask = null,
        Tensor? bias = null, bool causal = false, double? scale = null, double dropout = 0)
    {
        var (y, weights) = Attend(q, k, v, mask, bias, causal, scale, dropout, weighed: true);
        return (y, weights!);
    }

    static (Tensor Y, Tensor? Weights) Attend(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, bool causal,
        double? scale, double dropout, bool weighed)
    {
        CheckAttention(q, k, v, mask, bias, dropout);
        if (q.Rank < 4)
        {
            var (mask4, bias4) = (mask is null ? null : Headed(mask), bias is null ? null : Headed(bias));
            var (y4, w4) = Attend(Headed(q), Headed(k), Headed(v), mask4, bias4, causal, scale, dropout, weighed);
            return q.Rank == 3 ? (y4.Squeeze(1), w4?.Squeeze(1)) : (y4.Squeeze(1).Squeeze(0), w4?.Squeeze(1).Squeeze(0));
        }
        var lead = Shape.Broadcast(Shape.Broadcast(q.Shape[..2], k.Shape[..2]), v.Shape[..2]);
        (q, k, v) = (Rows(q), Rows(k), Rows(v));
        Shape scores = [.. lead.Sizes, q.Shape[2], k.Shape[2]];
        var (seen, added) = (mask?.Stretch(scores), bias?.Stretch(scores));
        var (y, lse) = (HeadsInside([.. scores.Sizes[..3], v.Shape[3]], q), Empty(scores[..3], q.DType, q.Device));
        var generator = Defaults.Generator;
        var shape = new AttentionShape(lead[0], lead[1], scores[2], scores[3], q.Shape[3], v.Shape[3],
            RowStrides(q), RowStrides(k), RowStrides(v), RowStrides(y), MaskStrides(seen), MaskStrides(added),
            scale ?? 1 / Math.Sqrt(q.Shape[3]), causal, dropout, generator.Seed, dropout > 0 ? generator.Take(scores.Count) : 0);
        q.Device.Attention(q, k, v, seen, added, y, lse, shape);

        Tensor[] inputs = bias is null ? [q, k, v] : [q, k, v, bias];
        Record(y, inputs, dy => Recording
            ? PullTwin(t => ComposedAttention(t[0], t[1], t[2], mask, bias is null ? null : t[3], shape), inputs, dy)
            : AttentionBackward(q, k, v, seen, added, y, lse, dy, bias, shape), "ScaledDotProductAttention");
        return (y, weighed ? AttentionWeights(q, k, mask, bias, lse, shape) : null);

        // neighbouring numbers in every row, as the kernels read them
        Tensor Rows(Tensor x)
        {
            x = x.Expand([.. lead.Sizes, .. x.Shape.Sizes[2..]]);
            return x.Strides[3] == 1 || x.Shape[3] == 1 ? x : x.Contiguous();
        }
    }

    static Tensor?[] AttentionBackward(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? added, Tensor y, Tensor lse,
        Tensor dy, Tensor? bias, AttentionShape shape)
    {
        if (dy.Strides[3] != 1) dy = dy.Contiguous();
        var (dq, dk, dv) = (HeadsInside(q.Shape, q), HeadsInside(k.Shape, k), HeadsInside(v.Shape, v));
        var dbias = bias is { RequiresGrad: true } ? Empty(added!.Shape, q.DType, q.Device) : null;
        shape = shape with { DY = RowStrides(dy), DQ = RowStrides(dq), DK = RowStrides(dk), DV = RowStrides(dv) };
        q.Device.AttentionBackward(q, k, v, mask, added, y, lse, dy, dq, dk, dv, dbias, shape);
        return bias is null ? [dq, dk, dv] : [dq, dk, dv, dbias?.SumTo(bias.Shape)];
    }

    static Tensor AttentionWeights(Tensor q, Tensor k, Tensor? mask, Tensor? bias, Tensor lse, AttentionShape shape)
    {
        Shape scores = [.. lse.Shape.Sizes, shape.Keys];
        var w = Empty(scores, q.DType, q.Device);
        q.Device.AttentionWeights(q, k, mask?.Stretch(scores), bias?.Stretch(scores), lse, w, shape);
        // ds = w ⊙ (dw − Σₛ w dw),  dq = scale · ds k,  dk = scale · dsᵀ q,  dbias = ds
        return Record(w, bias is null ? [q, k] : [q, k, bias], dw =>
        {
            var ds = w * (dw - (w * dw).Sum(-1, keep: true));
            Tensor dq = ds.MatMul(k) * shape.Scale, dk = ds.Transpose().MatMul(q) * shape.Scale;
            return bias is null ? [dq, dk] : [dq, dk, ds.SumTo(bias.Shape)];
        });
    }

    static Tensor ComposedAttention(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, AttentionShape shape)
    {
        var scores = q.MatMul(k.Transpose()) * shape.Scale;                                         // (b, h, t, s)
        if (bias is not null) scores += bias;
        var seen = scores.Detach() > double.NegativeInfinity;
        if (mask is not null) seen &= mask;
        if (shape.Causal) seen &= CausalMask(shape.Queries, shape.Keys, q.Device);
        var weights = scores.Softmax(seen);                                                         // (b, h, t, s)
        if (shape.Dropout > 0) weights = weights.Dropout(shape.Dropout, shape.Seed, shape.Offset);
        return weights.MatMul(v);                                                                   // (b, h, t, e)
    }

    static void CheckAttention(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, double dropout)
    {
        const string op = "ScaledDotProductAttention";
        q.CheckFloat(op);
        CheckPair(q, k, op);
        CheckPair(q, v, op);
        if (bias is not null) CheckPair(q, bias, op);
        mask?.CheckBool(op);
        if (q.Rank is < 2 or > 4 || k.Rank != q.Rank || v.Rank != q.Rank || q.Shape[^1] != k.Shape[^1] || k.Shape[^2] != v.Shape[^2])
            throw new ArgumentException($"{op}: q {q.Shape}, k {k.Shape}, v {v.Shape}: "
                + "they must be (b, h, t, d), (b, h, s, d) and (b, h, s, e), or all without h, or without b and h");
        var lead = Shape.Broadcast(Shape.Broadcast(q.Shape[..^2], k.Shape[..^2], op), v.Shape[..^2], op);
        Shape scores = [.. lead.Sizes, q.Shape[^2], k.Shape[^2]];
        foreach (var x in (ReadOnlySpan<Tensor?>)[mask, bias])
            if (x is not null && (x.Rank > scores.Rank || Shape.Broadcast(x.Shape, scores, op) != scores))
                throw new ArgumentException($"{op}: the mask or bias {x.Shape} does not stretch to the scores {scores}");
        if (dropout is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(dropout), $"{op}: the probability {dropout} is not at least 0 and below 1");
    }

    // (…, t, s) → (b, h, t, s)
    static Tensor Headed(Tensor x) =>
        x.Rank switch { 4 => x, 3 => x.Unsqueeze(1), 2 => x.Unsqueeze(0).Unsqueeze(0), _ => x.Reshape(1, 1, 1, -1) };

    // (b, h, t, d) as a view of (b, t, h, d), so that merging the heads needs no copy
    static Tensor HeadsInside(Shape shape, Tensor like)
    {
        var (h, t, d) = (shape[1], shape[2], shape[3]);
        return Empty(shape, like.DType, like.Device, "ScaledDotProductAttention").View(shape, [t * h * d, d, h * d, 1], 0);
    }

    static AttentionStrides RowStrides(Tensor x) => new(x.Strides[0], x.Strides[1], x.Strides[2]);

    static AttentionMaskStrides MaskStrides(Tensor? x) => x is null ? default : new(x.Strides[0], x.Strides[1], x.Strides[2], x.Strides[3]);

    static Case[] AttentionCases =>
    [
        Case.Of((q, k, v) => ScaledDotProductAttention(q, k, v), [2, 2, 5, 3], [2, 2, 4, 3], [2, 2, 4, 2]) with
        {
            Twin = t => AttentionTwin(t[0], t[1], t[2], null, null, causal: false),
            Bench = [[12, 4, 256, 32], [12, 4, 256, 32], [12, 4, 256, 32]],
        },
        Case.Of((q, k, v) => ScaledDotProductAttention(q, k, v, causal: true), [1, 2, 4, 3], [1, 2, 4, 3], [1, 2, 4, 3]) with
        {
            Twin = t => AttentionTwin(t[0], t[1], t[2], null, null, causal: true),
            Bench = [[12, 4, 64, 32], [12, 4, 64, 32], [12, 4, 64, 32]],
        },
        Case.Of(t => ScaledDotProductAttention(t[0], t[1], t[2], t[3], t[4]),
            [[2, 2, 3, 2], [2, 2, 4, 2], [2, 2, 4, 2], Input.Mask([2, 1, 1, 4]), [2, 3, 4]]) with
        {
            Twin = t => AttentionTwin(t[0], t[1], t[2], t[3], t[4], causal: false),
        },
        Case.Of((q, k, v) => ScaledDotProductAttention(q, k, v, scale: 0.3), [3, 2], [4, 2], [4, 3]),
        Case.Of((q, k, v) => ScaledDotProductAttention(q, k, v, causal: true).Transpose(), [1, 2, 37, 3], [1, 2, 37, 3], [1, 2, 37, 3]),
        Case.Of((q, k, v) => ScaledDotProductAttention(q, k, v, causal: true, dropout: 0.4), [1, 2, 4, 3], [1, 2, 4, 3], [1, 2, 4, 3]),
        Case.Of(t => ScaledDotProductAttentionWithWeights(t[0], t[1], t[1], t[2], t[3], causal: true).Weights,
            [[2, 2, 3, 2], [2, 2, 3, 2], Input.Mask([2, 1, 1, 3]), [3, 3]]),
    ];

    static Tensor AttentionTwin(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, bool causal) =>
        ComposedAttention(q, k, v, mask, bias,
            new() { Queries = q.Shape[^2], Keys = k.Shape[^2], Scale = 1 / Math.Sqrt(q.Shape[^1]), Causal = causal });
}
