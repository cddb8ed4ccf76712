namespace NanoAttention;

/// <summary>
/// One block of a transformer decoder (Vaswani et al. 2017, §3.1): attention among the targets, attention to the memory of the
/// encoder, and an inner layer, each with a residual and a layer norm behind it, or, with <c>normFirst</c>, before it.
/// Shapes: targets (b, t, d), memory (b, s, d) → (b, t, d).
/// </summary>
public sealed class TransformerDecoderLayer(int size, int heads, int inner = 2048, double dropout = 0.1, Activation activation = Activation.Relu, bool normFirst = false, double epsilon = 1e-5) : Module
{
    public MultiHeadAttention SelfAttn { get; } = new(size, heads, dropout);
    public MultiHeadAttention MultiheadAttn { get; } = new(size, heads, dropout);
    public Linear Linear1 { get; } = new(size, inner);
    public Linear Linear2 { get; } = new(inner, size);
    public LayerNorm Norm1 { get; } = new(size, epsilon);
    public LayerNorm Norm2 { get; } = new(size, epsilon);
    public LayerNorm Norm3 { get; } = new(size, epsilon);
    public Dropout Dropout { get; } = new(dropout);

    /// <param name="mask">Among the targets, stretched to (b, h, t, t): Bool, true where a place may see another, or added to the scores.</param>
    /// <param name="padding">(b, t) Bool, true at the targets that are no padding.</param>
    /// <param name="memoryMask">From targets to memory, stretched to (b, h, t, s).</param>
    /// <param name="memoryPadding">(b, s) Bool, true at the places of the memory that are no padding.</param>
    public Tensor Forward(Tensor x, Tensor memory, Tensor? mask = null, Tensor? padding = null, Tensor? memoryMask = null, Tensor? memoryPadding = null, bool causal = false) =>
        Run(x, memory, mask, padding, memoryMask, memoryPadding, causal, weighed: false).Output;

    /// <summary>The same, bit for bit, with the weights of every head among the targets, (b, h, t, t), and on the memory, (b, h, t, s).</summary>
    public (Tensor Output, (Tensor Self, Tensor Memory) Weights) ForwardWithWeights(Tensor x, Tensor memory, Tensor? mask = null, Tensor? padding = null, Tensor? memoryMask = null, Tensor? memoryPadding = null, bool causal = false)
    {
        var (y, self, looked) = Run(x, memory, mask, padding, memoryMask, memoryPadding, causal, weighed: true);
        return (y, (self!, looked!));
    }

    (Tensor Output, Tensor? Self, Tensor? Memory) Run(Tensor x, Tensor memory, Tensor? mask, Tensor? padding, Tensor? memoryMask, Tensor? memoryPadding, bool causal, bool weighed)
    {
        Tensor? self = null, looked = null;
        if (normFirst)
        {
            x += Attend(Norm1.Forward(x));
            x += Look(Norm2.Forward(x));
            return (x + FeedForward(Norm3.Forward(x)), self, looked);
        }
        x = Norm1.Forward(x + Attend(x));
        x = Norm2.Forward(x + Look(x));
        return (Norm3.Forward(x + FeedForward(x)), self, looked);

        Tensor Attend(Tensor x)
        {
            (var y, self) = SelfAttn.Attend(x, x, x, mask, padding, causal, weighed);
            return Dropout.Forward(y);
        }
        Tensor Look(Tensor x)
        {
            (var y, looked) = MultiheadAttn.Attend(x, memory, memory, memoryMask, memoryPadding, causal: false, weighed);
            return Dropout.Forward(y);
        }
        Tensor FeedForward(Tensor x) => Dropout.Forward(Linear2.Forward(Dropout.Forward(Linear1.Forward(x, activation))));
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new TransformerDecoderLayer(4, 2, inner: 6, dropout: 0, Activation.Gelu), (layer, x) => layer.Forward(x[0], x[1], causal: true, memoryPadding: x[2]), [[2, 3, 4], [2, 4, 4], Input.Mask([2, 4])]) with
        {
            Timed = Case.Of(() => new TransformerDecoderLayer(128, 4, 512, 0), (layer, x) => layer.Forward(x[0], x[1], causal: true), [[12, 64, 128], [12, 64, 128]]),
        },
        Case.Of(() => new TransformerDecoderLayer(4, 2, inner: 6, dropout: 0, Activation.Gelu, normFirst: true), (layer, x) => layer.Forward(x[0], x[1]), [[2, 3, 4], [2, 2, 4]]),
    ];
}
