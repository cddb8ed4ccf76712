namespace NanoAttention;

/// <summary>
/// Multi-head attention in which every place sees itself and what came before (Vaswani et al. 2017, §3.2.3), with nanoGPT's names.
/// Shapes: (b, t, d) → (b, t, d).
/// </summary>
public sealed class CausalSelfAttention(int size, int heads, double dropout = 0, bool bias = true) : Layer
{
    /// <summary>The weight (3d, d) holds W_q above W_k above W_v.</summary>
    public Linear CAttn { get; } = new(size, 3 * size, bias);
    public Linear CProj { get; } = new(size, size, bias);
    public Dropout Dropout { get; } = new(dropout);

    public override Tensor Forward(Tensor x)
    {
        var (q, k, v) = Project(x);                                                             // (b, h, t, d/h)
        var y = Tensor.ScaledDotProductAttention(q, k, v, causal: true, dropout: Training ? dropout : 0);
        return Dropout.Forward(CProj.Forward(Merge(y)));                                        // (b, t, d)
    }

    /// <summary>The same, bit for bit, with the weights of every head, (b, h, t, t).</summary>
    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x)
    {
        var (q, k, v) = Project(x);
        var (y, weights) = Tensor.ScaledDotProductAttentionWithWeights(q, k, v, causal: true, dropout: Training ? dropout : 0);
        return (Dropout.Forward(CProj.Forward(Merge(y))), weights);
    }

    (Tensor Q, Tensor K, Tensor V) Project(Tensor x)
    {
        var qkv = CAttn.Forward(x).Reshape(x.Shape[0], x.Shape[1], 3, heads, size / heads);     // (b, t, 3, h, d/h)
        var parts = qkv.Unbind(2);                                                              // 3 × (b, t, h, d/h)
        return (parts[0].Transpose(1, 2), parts[1].Transpose(1, 2), parts[2].Transpose(1, 2));  // (b, h, t, d/h)
    }

    // (b, h, t, d/h) → (b, t, d)
    Tensor Merge(Tensor x) => x.Transpose(1, 2).Reshape(x.Shape[0], x.Shape[2], size);

    internal static Case[] Cases =>
    [
        Case.Of(() => new CausalSelfAttention(4, 2), (attention, x) => attention.Forward(x[0]), [[2, 3, 4]]),
        Case.Of(() => new CausalSelfAttention(4, 2, bias: false), (attention, x) => attention.ForwardWithWeights(x[0]).Weights, [[1, 3, 4]]),
    ];
}
