namespace NanoAttention;

/// <summary>
/// Multi-head attention in which every place sees itself and what came before (Vaswani et al. 2017, §3.2.3), with nanoGPT's names.
/// Shapes: (b, t, d) → (b, t, d).
/// </summary>
public sealed class CausalSelfAttention(int size, int heads, double dropout = 0, bool bias = true) : Layer
{
    readonly int heads = Heads.Of(nameof(CausalSelfAttention), size, heads);

    /// <summary>The weight (3d, d) holds W_q above W_k above W_v.</summary>
    public Linear CAttn { get; } = new(size, 3 * size, bias);
    public Linear CProj { get; } = new(size, size, bias);
    public Dropout Dropout { get; } = new(dropout);

    public override Tensor Forward(Tensor x) => Attend(x, weighed: false).Output;

    /// <summary>The same, bit for bit, with the weights of every head, (b, h, t, t).</summary>
    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x)
    {
        var (y, weights) = Attend(x, weighed: true);
        return (y, weights!);
    }

    internal (Tensor Output, Tensor? Weights) Attend(Tensor x, bool weighed)
    {
        if (x.Rank != 3 || x.Shape[2] != size)
            throw new ArgumentException($"CausalSelfAttention: the input {x.Shape} must be (batch, time, {size})");
        var qkv = Heads.Split(CAttn.Forward(x), 3, heads);                                      // 3 × (b, h, t, d/h)
        var (y, weights) = Heads.Attend(qkv[0], qkv[1], qkv[2], mask: null, bias: null, causal: true, Training ? dropout : 0, weighed);
        return (Dropout.Forward(CProj.Forward(Heads.Merge(y))), weights);                       // (b, t, d), (b, h, t, t)
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new CausalSelfAttention(4, 2), (attention, x) => attention.Forward(x[0]), [[2, 3, 4]]) with
        {
            Timed = Case.Of(() => new CausalSelfAttention(128, 4), (attention, x) => attention.Forward(x[0]), [[12, 64, 128]]),
        },
        Case.Of(() => new CausalSelfAttention(4, 2, bias: false), (attention, x) => attention.ForwardWithWeights(x[0]).Weights,
            [[1, 3, 4]]),
    ];
}
