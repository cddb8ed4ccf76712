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
            a => Attention(a.Tensor("q"), a.Tensor("k"), a.Tensor("v"), new AlibiBias(a.Tensor("q").Shape[1]).Forward(a.Tensor("q").Shape[2], a.Tensor("q").Shape[2]), causal: true)),
        ("ref.sinusoidal(T, D, base=10000.0)", a => Sinusoids.Of(a.Int("T"), a.Int("D"), a.Float("base"))),
        ("ref.window_mask(L, w)", a => Masks.Of(Masks.Window(a.Int("w")), a.Int("L"), a.Int("L"))),
        ("ref.linear_attention(q, k, v)", a => LinearAttention.Attend(a.Tensor("q"), a.Tensor("k"), a.Tensor("v"))),
        ("ref.luong(query, keys, kind, W=None, v=None)", Luong),
        ("ref.rope(x, base=10000.0, offset=0)", a => new Rotary(a.Float("base")).Forward(a.Tensor("x"), a.Int("offset"))),
        ("ref.rope_interleaved(x, base=10000.0, offset=0)", a => new Rotary(a.Float("base"), interleaved: true).Forward(a.Tensor("x"), a.Int("offset"))),
        ("ref.swiglu(x, W, V, W2)", SwiGlu),
        ("ref.squeeze_excite(x, W1, b1, W2, b2)", SqueezeExcite),
        ("ref.channel_attention(x, W1, W2)", Channels),
        ("ref.spatial_attention(x, W)", Places),
        ("ref.crf_log_likelihood(emissions, transitions, start, end, tags)", Crf),
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
        Shape batch = Shape.Broadcast(Shape.Broadcast(q.Shape[..^2], k.Shape[..^2]), v.Shape[..^2]);
        bool deep = batch.Rank > 2 || batch.Rank != q.Rank - 2;
        if (deep) (q, k, v) = (Heads(q), Heads(k), Heads(v));
        if (deep && mask is { Rank: > 2 }) mask = Heads(mask);
        bool added = mask is { DType.IsFloat: true };
        var (y, weights) = NanoAttention.Tensor.ScaledDotProductAttentionWithWeights(q, k, v, added ? null : mask, added ? mask : null, causal, scale);
        return deep ? [Back(y), Back(weights)] : [y, weights];

        // (…, t, d) → (1, b, t, d): every example a head
        Tensor Heads(Tensor x) => x.Expand([.. batch.Sizes, .. x.Shape.Sizes[^2..]]).Reshape([1, batch.Count, .. x.Shape.Sizes[^2..]]);

        Tensor Back(Tensor x) => x.Reshape([.. batch.Sizes, .. x.Shape.Sizes[^2..]]);
    }

    /// <summary>Query heads (b, hk · g, t, d) in groups of g that share a key head: (b · hk, g, t, d), against keys of one head.</summary>
    static object?[] Grouped(Tensor q, Tensor k, Tensor v, bool causal)
    {
        int groups = k.Shape[0] * k.Shape[1];
        var parts = Attention(Group(q), Group(k), Group(v), null, causal);
        return [.. parts.Select(part => ((Tensor)part!).Reshape([.. q.Shape.Sizes[..2], .. ((Tensor)part!).Shape.Sizes[2..]]))];

        Tensor Group(Tensor x) => x.Reshape([groups, -1, .. x.Shape.Sizes[2..]]);
    }

    static object?[] AdditiveAttention(Arguments a)
    {
        Tensor q = a.Tensor("Wq"), k = a.Tensor("Wk"), v = a.Tensor("v");
        return With(new AdditiveAttention(q.Shape[1], k.Shape[1], v.Shape[0]), [("q.weight", q), ("k.weight", k), ("v", v)],
            layer => Pair(layer.Forward(a.Tensor("query"), a.Tensor("keys"), a.Tensor("values"), a.TensorOrNone("mask"))));
    }

    static object?[] Luong(Arguments a)
    {
        Tensor query = a.Tensor("query"), keys = a.Tensor("keys");
        (Score Score, (string, Tensor)[] Weights) chosen = a["kind"] switch
        {
            "dot" => (new DotScore(scaled: false), []),
            "general" => (new GeneralScore(query.Shape[1], keys.Shape[2]), [("score.weight", a.Tensor("W"))]),
            _ => (new ConcatScore(query.Shape[1], keys.Shape[2], a.Tensor("v").Shape[0]), [("score.w.weight", a.Tensor("W")), ("score.v", a.Tensor("v"))]),
        };
        var found = With(new GlobalAttention(chosen.Score), chosen.Weights, layer => Pair(layer.ForwardWithWeights(query.Unsqueeze(1), keys, keys)));
        return [.. found.Select(y => ((Tensor)y!).Squeeze(1))];
    }

    static object? SwiGlu(Arguments a)
    {
        var w = a.Tensor("W");
        return With(new SwiGlu(w.Shape[1], w.Shape[0]), [("gate_proj.weight", w), ("up_proj.weight", a.Tensor("V")), ("down_proj.weight", a.Tensor("W2"))],
            layer => [layer.Forward(a.Tensor("x"))])[0];
    }

    static object?[] SqueezeExcite(Arguments a)
    {
        var w1 = a.Tensor("W1");
        return With(new SqueezeExcitation(w1.Shape[1], w1.Shape[0]),
            [("fc1.weight", w1), ("fc1.bias", a.Tensor("b1")), ("fc2.weight", a.Tensor("W2")), ("fc2.bias", a.Tensor("b2"))],
            layer => Pair(layer.ForwardWithWeights(a.Tensor("x"))));
    }

    static object?[] Channels(Arguments a)
    {
        var w1 = a.Tensor("W1");
        return With(new ChannelAttention(w1.Shape[1], w1.Shape[0]), [("fc1.weight", w1), ("fc2.weight", a.Tensor("W2"))],
            layer => Pair(layer.ForwardWithWeights(a.Tensor("x"))));
    }

    static object?[] Places(Arguments a) =>
        With(new SpatialAttention(a.Tensor("W").Shape[^1]), [("conv.weight", a.Tensor("W"))], layer => Pair(layer.ForwardWithWeights(a.Tensor("x"))));

    static object? Crf(Arguments a)
    {
        int[] tags = a["tags"] is NanoAttention.Tensor given ? given.ToArray<int>() : [.. ((IReadOnlyList<object?>)a["tags"]!).Select(tag => (int)(long)tag!)];
        var (emissions, start) = (a.Tensor("emissions"), a.Tensor("start"));
        return With(new Crf(start.Count), [("transitions", a.Tensor("transitions")), ("start_transitions", start), ("end_transitions", a.Tensor("end"))],
            crf => [crf.LogLikelihood(emissions.Unsqueeze(0), NanoAttention.Tensor.From(tags, [1, tags.Length])).Squeeze(0)])[0];
    }

    static Tensor[] Pair((Tensor, Tensor) results) => [results.Item1, results.Item2];

    /// <summary>What a layer answers whose parameters are copies of the given tensors: no leaves, but made from those.</summary>
    static object?[] With<M>(M layer, (string Name, Tensor From)[] weights, Func<M, Tensor[]> f) where M : Module
    {
        layer.Load(weights.ToDictionary(w => w.Name, w => w.From));
        var own = layer.Named().ToDictionary(found => found.Name, found => found.Value);
        foreach (var (name, from) in weights)
        {
            own[name].Source = null;
            Reverse.Record(own[name], [(from, dy => dy)]);
        }
        return f(layer);
    }
}
