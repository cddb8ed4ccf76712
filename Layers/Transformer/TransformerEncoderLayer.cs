namespace NanoAttention;

/// <summary>
/// One block of a transformer encoder (Vaswani et al. 2017, §3.1): <code>x = LN(x + attention(x)),  x = LN(x + W₂ f(W₁ x))</code>
/// or, with <c>normFirst</c> (Xiong et al. 2020): <code>x = x + attention(LN(x)),  x = x + W₂ f(W₁ LN(x))</code> Shapes: (b, s, d) → (b, s, d).
/// </summary>
public sealed class TransformerEncoderLayer(int size, int heads, int inner = 2048, double dropout = 0.1, Activation activation = Activation.Relu, bool normFirst = false, double epsilon = 1e-5) : Module
{
    public MultiHeadAttention SelfAttn { get; } = new(size, heads, dropout);
    public Linear Linear1 { get; } = new(size, inner);
    public Linear Linear2 { get; } = new(inner, size);
    public LayerNorm Norm1 { get; } = new(size, epsilon);
    public LayerNorm Norm2 { get; } = new(size, epsilon);
    public Dropout Dropout { get; } = new(dropout);

    /// <param name="mask">Stretched to (b, h, s, s): Bool, true where a place may see another, or added to the scores.</param>
    /// <param name="padding">(b, s) Bool, true at the places that are no padding.</param>
    public Tensor Forward(Tensor x, Tensor? mask = null, Tensor? padding = null, bool causal = false) => Run(x, mask, padding, causal, weighed: false).Output;

    /// <summary>The same, bit for bit, with the weights of every head, (b, h, s, s).</summary>
    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x, Tensor? mask = null, Tensor? padding = null, bool causal = false)
    {
        var (y, weights) = Run(x, mask, padding, causal, weighed: true);
        return (y, weights!);
    }

    (Tensor Output, Tensor? Weights) Run(Tensor x, Tensor? mask, Tensor? padding, bool causal, bool weighed)
    {
        Tensor? weights = null;
        if (normFirst)
        {
            x += Attend(Norm1.Forward(x));
            return (x + FeedForward(Norm2.Forward(x)), weights);
        }
        x = Norm1.Forward(x + Attend(x));
        return (Norm2.Forward(x + FeedForward(x)), weights);

        Tensor Attend(Tensor x)
        {
            (var y, weights) = SelfAttn.Attend(x, x, x, mask, padding, causal, weighed);
            return Dropout.Forward(y);
        }
        Tensor FeedForward(Tensor x) => Dropout.Forward(Linear2.Forward(Dropout.Forward(Linear1.Forward(x, activation))));
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new TransformerEncoderLayer(4, 2, inner: 6, dropout: 0, Activation.Gelu), (layer, x) => layer.Forward(x[0], padding: x[1]), [[2, 3, 4], Input.Mask([2, 3])]) with
        {
            Timed = Case.Of(() => new TransformerEncoderLayer(128, 4, 512, 0), (layer, x) => layer.Forward(x[0]), [[12, 64, 128]]),
        },
        Case.Of(() => new TransformerEncoderLayer(4, 2, inner: 6, dropout: 0, Activation.Gelu, normFirst: true), (layer, x) => layer.Forward(x[0], causal: true), [[2, 3, 4]]),
    ];
}
