namespace NanoAttention.Tests.Conformance;

/// <summary>Attention, and what goes with it.</summary>
public static partial class OnnxOperators
{
    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Attentions =>
    [
        ("Attention", Attention),
        ("FlexAttention", FlexAttention),
        ("LinearAttention", LinearAttention),
        ("RotaryEmbedding", RotaryEmbedding),
        ("CausalConvWithState", CausalConvWithState),
    ];

    /// <summary>
    /// softmax(softcap(scale · q kᵀ) + bias) v, where the bias is the mask's, and −∞ for keys behind the query, outside its window or
    /// behind the example's length. Queries stand behind the keys of the past, or at the end of the example's length. A query that may
    /// see no key answers 0.
    /// </summary>
    static OnnxValue?[] Attention(OnnxNode n)
    {
        bool merged = n[0].Rank == 3;                                                           // (b, t, h · d), else (b, h, t, d)
        int heads = n.Int("q_num_heads", 0), keyHeads = n.Int("kv_num_heads", 0);
        Tensor q = Heads(n[0], heads), k = Heads(n[1], keyHeads), v = Heads(n[2], keyHeads);
        double scale = n.Float("scale", 1 / Math.Sqrt(q.Shape[3])), cap = n.Float("softcap", 0);
        if (n.Has("softmax_precision")) ElementTypes.Numbered(n.Int("softmax_precision"));      // the numbers here have at least its bits
        int past = n.Optional(4)?.Shape[2] ?? 0, shown = n.Int("qk_matmul_output_mode", 0);
        if (n.Optional(4) is { } pastKeys) k = Tensor.Concat([pastKeys, k], 2);
        if (n.Optional(5) is { } pastValues) v = Tensor.Concat([pastValues, v], 2);
        int[]? lengths = n.WholeOrNone(6);
        var bias = Bias(n, q.Shape[2], k.Shape[2], past, lengths);
        var (keys, values) = (k, v);
        (k, v) = (Grouped(k, q.Shape[1]), Grouped(v, q.Shape[1]));

        var hidden = bias?.EqualTo(double.NegativeInfinity);
        var (seen, added) = hidden is null ? (null, null) : (!hidden, bias!.MaskedFill(hidden, 0));
        Tensor y, weights;
        if (cap == 0) (y, weights) = Tensor.ScaledDotProductAttentionWithWeights(q, k, v, seen, added, scale: scale);
        else
        {
            var scores = Capped(q.MatMul(k.Transpose()) * scale);
            weights = seen is null ? scores.Softmax() : (scores + added!).Softmax(seen);
            y = weights.MatMul(v);
        }
        return [merged ? y.Transpose(1, 2).Reshape(y.Shape[0], y.Shape[2], y.Shape[1] * y.Shape[3]) : y, keys, values, Exposed()];

        Tensor Capped(Tensor scores) => cap > 0 ? cap * (scores / cap).Tanh() : scores;

        Tensor Exposed()
        {
            var scores = q.MatMul(k.Transpose()) * scale;
            return shown switch
            {
                0 => scores,
                1 => Capped(scores),
                2 => bias is null ? Capped(scores) : Capped(scores) + bias,
                3 => weights,
                _ => throw n.Unknown("qk_matmul_output_mode", shown),
            };
        }
    }

    /// <summary>What is added to the scores (…, t, s): the mask's numbers, or 0 where a key may be seen and −∞ where not.</summary>
    static Tensor? Bias(OnnxNode n, int queries, int keys, int past, int[]? lengths)
    {
        bool causal = n.Flag("is_causal");
        int left = n.Int("left_window_size", -1), right = n.Int("right_window_size", -1);
        Tensor? bias = null;
        if (n.Optional(3) is { } mask)
        {
            bias = mask.DType == DType.Bool ? Hidden(!mask) : mask;
            bias = bias.Pad(-1, 0, keys - bias.Shape[^1], value: double.NegativeInfinity);
        }
        int[] offsets = past == 0 && lengths is not null ? [.. lengths.Select(length => length - queries)] : [past];
        var at = (Tensor.Of([.. offsets.Select(i => (double)i)], [offsets.Length, 1, 1, 1]) + Tensor.Arange(queries).Unsqueeze(1))
            - Tensor.Arange(keys);                                                              // how far the query is behind the key
        if (causal) Add(at < 0);
        if (left >= 0) Add(at > left);
        if (right >= 0) Add(at < -right);
        if (lengths is not null) Add(Tensor.Arange(keys, DType.I32) >= Tensor.From(lengths, [lengths.Length, 1, 1, 1]));
        return bias;

        void Add(Tensor hidden) => bias = bias is null ? Hidden(hidden) : bias + Hidden(hidden);

        static Tensor Hidden(Tensor hidden) => Tensor.Zeros(hidden.Shape).MaskedFill(hidden, double.NegativeInfinity);
    }

    /// <summary>(b, t, h · d) → (b, h, t, d); what has four axes already stays.</summary>
    static Tensor Heads(Tensor x, int heads) =>
        x.Rank == 4 ? x : x.Reshape(x.Shape[0], x.Shape[1], heads, x.Shape[2] / heads).Transpose(1, 2);

    /// <summary>Each head as often as there are heads of queries for it.</summary>
    static Tensor Grouped(Tensor x, int heads) => x.Shape[1] == heads ? x : x.RepeatInterleave(heads / x.Shape[1], 1);

    static OnnxValue[] FlexAttention(OnnxNode n)
    {
        if (n.Has("softmax_precision")) ElementTypes.Numbered(n.Int("softmax_precision"));
        int heads = n[0].Shape[1];
        return [Tensor.ScaledDotProductAttention(n[0], Grouped(n[1], heads), Grouped(n[2], heads),
            scale: n.Float("scale", 1 / Math.Sqrt(n[0].Shape[3])))];
    }

    /// <summary>
    /// S ← e^g ⊙ S + k vᵀ at every step, y = scale · qᵀ S (Katharopoulos et al. 2020; Yang et al. 2024); a delta rule writes
    /// β (v − Sᵀ k) in place of v.
    /// </summary>
    static OnnxValue[] LinearAttention(OnnxNode n)
    {
        n.Int("chunk_size", 64);        // how it may be computed, not what
        int heads = n.Int("q_num_heads"), keyHeads = n.Int("kv_num_heads");
        Tensor q = Heads(n[0], heads), k = Heads(n[1], keyHeads), v = Heads(n[2], keyHeads);    // (b, h, t, d)
        var decay = n.Optional(4) is { } g ? Heads(g, keyHeads) : null;                         // (b, h, t, d or 1)
        var beta = n.Optional(5) is { } b ? b.Unsqueeze(-1).Transpose(1, 2) : null;             // (b, h or 1, t, 1)
        if (n.Text("update_rule", "gated_delta") is not ("linear" or "gated" or "delta" or "gated_delta"))
            throw n.Unknown("update_rule", n.Text("update_rule"));
        double scale = n.Float("scale", 0);
        if (scale == 0) scale = 1 / Math.Sqrt(q.Shape[3]);
        var state = n.Optional(3) ?? Tensor.Zeros([k.Shape[0], keyHeads, k.Shape[3], v.Shape[3]]);
        var outputs = new Tensor[q.Shape[2]];
        for (int t = 0; t < outputs.Length; t++)
        {
            Tensor key = k.Slice(2, t, 1).Transpose(), value = v.Slice(2, t, 1);                // (b, h, d, 1), (b, h, 1, e)
            if (decay is not null) state *= decay.Slice(2, t, 1).Transpose().Exp();
            if (beta is not null) value = beta.Slice(2, t, 1) * (value - key.Transpose().MatMul(state));
            state += key * value;
            outputs[t] = scale * q.Slice(2, t, 1).MatMul(Grouped(state, heads));
        }
        var y = Tensor.Concat(outputs, 2);
        return [y.Transpose(1, 2).Reshape(y.Shape[0], y.Shape[2], heads * y.Shape[3]), state];
    }

    /// <summary>
    /// Pairs of numbers turned by the angle of their place (Su et al. 2021): those half a head apart, or neighbours. The first numbers of
    /// a head alone, where rotary_embedding_dim is given.
    /// </summary>
    static OnnxValue[] RotaryEmbedding(OnnxNode n)
    {
        bool merged = n[0].Rank == 3, neighbours = n.Flag("interleaved");
        var x = Heads(n[0], n.Int("num_heads", 0));                                             // (b, h, t, d)
        int size = n.Int("rotary_embedding_dim", 0) is var d and > 0 ? d : x.Shape[3];
        Tensor cos = Turns(n[1]), sin = Turns(n[2]);
        Tensor turned = x.Slice(3, 0, size), rest = x.Slice(3, size, x.Shape[3] - size);
        Tensor a = Part(0), b = Part(1);
        Tensor[] pair = [cos * a - sin * b, sin * a + cos * b];
        var y = Tensor.Concat([neighbours ? Tensor.Stack(pair, -1).Flatten(3) : Tensor.Concat(pair, 3), rest], 3);
        return [merged ? y.Transpose(1, 2).Reshape(n[0].Shape.Sizes) : y];

        Tensor Part(int i) => neighbours ? turned.Slice(3, i, size / 2, 2) : turned.Slice(3, i * (size / 2), size / 2);

        // (b, 1, t, size/2), as given or looked up
        Tensor Turns(Tensor cache) => (n.Optional(3) is { } places ? cache.Gather(places) : cache).Unsqueeze(1);
    }

    /// <summary>A convolution of each channel with the steps up to its own; the steps before the first are given, or 0.</summary>
    static OnnxValue[] CausalConvWithState(OnnxNode n)
    {
        int before = n[1].Shape[2] - 1, channels = n[0].Shape[1];
        var past = n.Optional(3) ?? Tensor.Zeros([n[0].Shape[0], channels, before]);
        var x = Tensor.Concat([past, n[0]], 2);
        var y = x.Conv(n[1], n.Optional(2), groups: channels);
        return n.Text("activation", "none") switch
        {
            "none" => [y, State()],
            "silu" or "swish" => [y.Silu(), State()],
            var other => throw n.Unknown("activation", other),
        };

        Tensor State() => x.Slice(2, x.Shape[2] - before, before);
    }
}
