using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] References =>
    [
        ("ref.detached_square(x)", a => a.Tensor("x") * a.Tensor("x").Detach()),
        ("ref.accumulate_in_place(x, w)", a => (a.Tensor("x") * 2 + a.Tensor("w")) * a.Tensor("x")),
        ("ref.slice_assign(x, v)", a => SliceAssign(a.Tensor("x"), a.Tensor("v"))),
        ("ref.run_packed(m, x, lengths, hx=None)", a => ((TorchModule)a["m"]!).Call([a["x"], a["hx"]], new Dictionary<string, object?> { ["lengths"] = a["lengths"] })),
        ("ref.additive_attention(query, keys, values, Wq, Wk, v, mask=None)", AdditiveAttention),
        ("ref.sdpa(q, k, v, mask=None, causal=False, scale=None)",
            a => Attention(a.Tensor("q"), a.Tensor("k"), a.Tensor("v"), a.TensorOrNone("mask"), a.Bool("causal"), a.FloatOrNone("scale"))),
        ("ref.gqa(q, k, v, causal=False)", a => Grouped(a.Tensor("q"), a.Tensor("k"), a.Tensor("v"), a.Bool("causal"))),
        ("ref.alibi_attention(q, k, v)",
            a => Attention(a.Tensor("q"), a.Tensor("k"), a.Tensor("v"), Slopes(a.Tensor("q").Shape[1], a.Tensor("q").Shape[2]), causal: true)),
        ("ref.sinusoidal(T, D)", a => Sinusoids.Of(a.Int("T"), a.Int("D"))),
        ("ref.window_mask(L, w)", a => Distances(a.Int("L")) is var d ? (d >= 0) & (d < a.Int("w")) : null),
    ];

    /// <summary>x with v for rows 1 and 2, and row 0 doubled.</summary>
    static Tensor SliceAssign(Tensor x, Tensor v)
    {
        var y = x.SliceScatter(v.Expand(x.Shape.With(0, 2).Sizes), 0, 1);
        return y.SliceScatter(2 * y.Slice(0, 0, 1), 0, 0);
    }

    /// <summary>The result and the weights; a mask is Bool (true may attend), or is added to the scores.</summary>
    static object?[] Attention(Tensor q, Tensor k, Tensor v, Tensor? mask = null, bool causal = false, double? scale = null)
    {
        bool added = mask is { DType.IsFloat: true };
        var (y, weights) = NanoAttention.Tensor.ScaledDotProductAttentionWithWeights(q, k, v, added ? null : mask, added ? mask : null, causal, scale);
        return [y, weights];
    }

    /// <summary>Query heads (b, hk · g, t, d) in groups of g that share a key head: (b · hk, g, t, d), against keys of one head.</summary>
    static object?[] Grouped(Tensor q, Tensor k, Tensor v, bool causal)
    {
        int groups = k.Shape[0] * k.Shape[1];
        var parts = Attention(Group(q), Group(k), Group(v), null, causal);
        return [.. parts.Select(part => ((Tensor)part!).Reshape([.. q.Shape.Sizes[..2], .. ((Tensor)part!).Shape.Sizes[2..]]))];

        Tensor Group(Tensor x) => x.Reshape([groups, -1, .. x.Shape.Sizes[2..]]);
    }

    /// <summary>i − j, (n, n)</summary>
    static Tensor Distances(int n)
    {
        var i = NanoAttention.Tensor.Arange(n);
        return i.Unsqueeze(1) - i;
    }

    /// <summary>−mₕ (i − j), (h, n, n), with mₕ = 2^(−8(h + 1)/heads) (Press et al. 2022).</summary>
    static Tensor Slopes(int heads, int n)
    {
        var slopes = NanoAttention.Tensor.Of([.. Enumerable.Range(1, heads).Select(h => Math.Pow(2, -8.0 * h / heads))], [heads, 1, 1]);
        return -slopes * Distances(n);
    }

    static object?[] AdditiveAttention(Arguments a)
    {
        Tensor q = a.Tensor("Wq"), k = a.Tensor("Wk"), v = a.Tensor("v");
        var layer = new AdditiveAttention(q.Shape[1], k.Shape[1], v.Shape[0]);
        layer.Load(new Dictionary<string, Tensor> { ["q.weight"] = q, ["k.weight"] = k, ["v"] = v });
        var (context, weights) = layer.Forward(a.Tensor("query"), a.Tensor("keys"), a.Tensor("values"), a.TensorOrNone("mask"));
        (Tensor, Tensor)[] given = [(q, layer.Q.Weight), (k, layer.K.Weight), (v, layer.V)];
        return [Given(context, given), Given(weights, given)];
    }

    /// <summary>A layer's result y, with the gradients of its own parameters passed on to the tensors that their values came from.</summary>
    static Tensor Given(Tensor y, (Tensor From, Tensor Own)[] weights)
    {
        return Reverse.Record(y.Detach(), [(y, dy => dy), .. weights.Select(w => (w.From, Pull(w.Own)))]);

        Func<Tensor, Tensor> Pull(Tensor own) => dy =>
            Reverse.Gradients(y, [own], dy, retainGraph: true, createGraph: Reverse.Recording)[0] ?? NanoAttention.Tensor.Zeros(own.Shape, own.DType);
    }
}
