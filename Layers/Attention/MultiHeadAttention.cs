namespace NanoAttention;

/// <summary>
/// Multi-head attention (Vaswani et al. 2017, §3.2.2): every head attends in its own d/h-dimensional subspace. Names and layouts are
/// PyTorch's: in_proj_weight holds W_q above W_k above W_v, or, where keys or values have other sizes, they stand apart.
/// Shapes: query (b, t, d), key (b, s, key size), value (b, s, value size) → (b, t, d).
/// </summary>
public sealed class MultiHeadAttention : Module
{
    readonly int size, heads, keySize, valueSize;
    readonly double dropout;
    readonly bool zeroKey;

    /// <param name="dropout">In training, the probability of dropping a weight.</param>
    /// <param name="trainedKey">Whether there is one key more, and its value, that are parameters: PyTorch's add_bias_kv.</param>
    /// <param name="zeroKey">Whether there is one key more that is 0, as is its value: PyTorch's add_zero_attn.</param>
    public MultiHeadAttention(int size, int heads, double dropout = 0, bool bias = true, int? keySize = null, int? valueSize = null,
        bool trainedKey = false, bool zeroKey = false)
    {
        this.zeroKey = zeroKey;
        (this.size, this.heads, this.dropout) = (size, Heads.Of(nameof(MultiHeadAttention), size, heads), dropout);
        (this.keySize, this.valueSize) = (keySize ?? size, valueSize ?? size);
        if (this.keySize == size && this.valueSize == size) InProjWeight = Xavier(3 * size, size);
        else (QProjWeight, KProjWeight, VProjWeight) = (Xavier(size, size), Xavier(size, this.keySize), Xavier(size, this.valueSize));
        InProjBias = bias ? Initialise.Parameter([3 * size]) : null;
        if (trainedKey) (BiasK, BiasV) = (Own(), Own());
        OutProj = new(size, size, bias);
        if (bias) Initialise.Constant(OutProj.Bias!, 0);

        Tensor Own() => Initialise.XavierNormal(Initialise.Parameter([1, 1, size]));
    }

    /// <summary>(3d, d)</summary>
    public Tensor? InProjWeight { get; }

    /// <summary>(d, d)</summary>
    public Tensor? QProjWeight { get; }

    /// <summary>(d, key size)</summary>
    public Tensor? KProjWeight { get; }

    /// <summary>(d, value size)</summary>
    public Tensor? VProjWeight { get; }

    /// <summary>(3d)</summary>
    public Tensor? InProjBias { get; }

    /// <summary>(1, 1, d)</summary>
    public Tensor? BiasK { get; }

    /// <summary>(1, 1, d)</summary>
    public Tensor? BiasV { get; }

    public Linear OutProj { get; }

    /// <param name="mask">Stretched to (b, h, t, s): Bool, true where a query may see a key, or floating point, added to the
    /// scores.</param>
    /// <param name="keyMask">(b, s): Bool, true at the keys that are no padding, or floating point, added to the scores.</param>
    /// <param name="causal">Whether query i sees only keys j ≤ i.</param>
    public Tensor Forward(Tensor query, Tensor key, Tensor value, Tensor? mask = null, Tensor? keyMask = null, bool causal = false) =>
        Attend(query, key, value, mask, keyMask, causal, weighed: false).Output;

    /// <summary>The same, bit for bit, with the weights of every head, (b, h, t, s); those of keys that the layer adds come last.</summary>
    public (Tensor Output, Tensor Weights) ForwardWithWeights(
        Tensor query, Tensor key, Tensor value, Tensor? mask = null, Tensor? keyMask = null, bool causal = false)
    {
        var (y, weights) = Attend(query, key, value, mask, keyMask, causal, weighed: true);
        return (y, weights!);
    }

    internal (Tensor Output, Tensor? Weights) Attend(
        Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor? keyMask, bool causal, bool weighed)
    {
        CheckShapes(query, key, value, keyMask);
        var (q, k, v) = Project(query, key, value);                                             // (b, h, t, d/h), (b, h, s, d/h)
        var (seen, bias) = Masks(mask, keyMask);
        if (zeroKey || BiasK is not null)
            (k, v, seen, bias, causal) = Extended(k, v, seen, bias, causal ? Tensor.CausalMask(q.Shape[2], k.Shape[2], q.Device) : null);
        var (y, weights) = Heads.Attend(q, k, v, seen, bias, causal, Training ? dropout : 0, weighed);
        return (OutProj.Forward(Heads.Merge(y)), weights);                                      // (b, t, d), (b, h, t, s)
    }

    void CheckShapes(Tensor query, Tensor key, Tensor value, Tensor? keyMask)
    {
        if (query.Rank != 3 || key.Rank != 3 || value.Rank != 3 || query.Shape[2] != size || key.Shape[2] != keySize || value.Shape[2] != valueSize
            || key.Shape[0] != query.Shape[0] || key.Shape[..2] != value.Shape[..2])
            throw new ArgumentException($"MultiHeadAttention: query {query.Shape}, key {key.Shape}, value {value.Shape}: "
                + $"they must be (b, t, {size}), (b, s, {keySize}) and (b, s, {valueSize})");
        if (keyMask is not null && (keyMask.DType == DType.I32 || keyMask.Shape != key.Shape[..2]))
            throw new ArgumentException(
                $"MultiHeadAttention: the key mask {keyMask.Shape} {keyMask.DType} must be {key.Shape[..2]} Bool or floating point, as the key {key.Shape} is");
    }

    // What comes from the same tensor is projected in one product.
    (Tensor Q, Tensor K, Tensor V) Project(Tensor query, Tensor key, Tensor value)
    {
        Tensor[] parts = InProjWeight is null
            ? [.. Split(query, QProjWeight!, 0), .. Split(key, KProjWeight!, 1), .. Split(value, VProjWeight!, 2)]
            : query == key && key == value ? Parts(query, 0, 3)
            : key == value ? [.. Parts(query, 0, 1), .. Parts(key, 1, 2)]
            : [.. Parts(query, 0, 1), .. Parts(key, 1, 1), .. Parts(value, 2, 1)];
        return (parts[0], parts[1], parts[2]);
    }

    // Projections first … first + count − 1 of x
    Tensor[] Parts(Tensor x, int first, int count) =>
        Split(x, count == 3 ? InProjWeight! : InProjWeight!.Slice(0, first * size, count * size), first);

    // (b, t, in) → count × (b, h, t, d/h), by a weight (count · d, in)
    Tensor[] Split(Tensor x, Tensor weight, int first)
    {
        int count = weight.Shape[0] / size;
        var bias = count == 3 ? InProjBias : InProjBias?.Slice(0, first * size, count * size);
        return Heads.Split(x.Linear(weight, bias), count, heads);
    }

    // What may be seen and what is added, as the attention takes them.
    static (Tensor? Seen, Tensor? Bias) Masks(Tensor? mask, Tensor? keyMask)
    {
        Tensor? seen = null, bias = null;
        foreach (var part in new[] { mask, keyMask?.Unsqueeze(1).Unsqueeze(1) })                // stretched to (b, h, t, s); (b, 1, 1, s)
            if (part is null) continue;
            else if (part.DType == DType.Bool) seen = seen is null ? part : seen & part;
            else bias = bias is null ? part : bias + part;
        return (seen, bias);
    }

    // With the layer's own keys behind the others, which every query sees.
    (Tensor K, Tensor V, Tensor? Seen, Tensor? Bias, bool Causal) Extended(Tensor k, Tensor v, Tensor? seen, Tensor? bias, Tensor? causal)
    {
        int keys = k.Shape[2];
        if (causal is not null) seen = seen is null ? causal : seen & causal;
        if (BiasK is not null) (k, v) = (Tensor.Concat([k, Own(BiasK)], 2), Tensor.Concat([v, Own(BiasV!)], 2));
        if (zeroKey) (k, v) = (k.Pad(2, 0, 1), v.Pad(2, 0, 1));
        return (k, v, Wider(seen, 1), Wider(bias, 0), false);

        Tensor Own(Tensor x) => Heads.Split(x, 1, heads)[0].Expand(k.Shape[0], heads, 1, size / heads);         // (b, h, 1, d/h)

        Tensor? Wider(Tensor? mask, double value) =>
            mask is null ? null : Tensor.Concat([mask.Expand(mask.Shape.With(mask.Rank - 1, keys).Sizes),
            Tensor.Full(mask.Shape.With(mask.Rank - 1, k.Shape[2] - keys), value, mask.DType, mask.Device)], -1);
    }

    static Tensor Xavier(int outputs, int inputs) => Initialise.XavierUniform(Initialise.Parameter([outputs, inputs]));

    internal static Case[] Cases =>
    [
        Case.Of(() => new MultiHeadAttention(4, 2), (attention, x) => attention.Forward(x[0], x[0], x[0], causal: true), [[2, 3, 4]]) with
        {
            Timed = Case.Of(() => new MultiHeadAttention(128, 4), (attention, x) => attention.Forward(x[0], x[0], x[0]), [[12, 64, 128]]),
        },
        Case.Of(() => new MultiHeadAttention(4, 2), (attention, x) => attention.Forward(x[0], x[1], x[1], keyMask: x[2]),
            [[2, 3, 4], [2, 5, 4], Input.Mask([2, 5])]),
        Case.Of(() => new MultiHeadAttention(4, 2, bias: false, keySize: 3, valueSize: 5),
            (attention, x) => attention.Forward(x[0], x[1], x[2], x[3]), [[2, 3, 4], [2, 2, 3], [2, 2, 5], [3, 2]]),
        Case.Of(() => new MultiHeadAttention(4, 2, trainedKey: true, zeroKey: true),
            (attention, x) => attention.Forward(x[0], x[0], x[0], keyMask: x[1], causal: true),
            [[2, 3, 4], Input.Mask([2, 3])]),
        Case.Of(() => new MultiHeadAttention(4, 2), (attention, x) => attention.ForwardWithWeights(x[0], x[1], x[2]).Weights,
            [[1, 3, 4], [1, 2, 4], [1, 2, 4]]),
    ];
}
