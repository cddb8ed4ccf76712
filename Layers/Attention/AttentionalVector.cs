namespace NanoAttention;

/// <summary>
/// What a decoder predicts from once it has looked: its state and the context that attention found for it (Luong, Pham and Manning 2015,
/// eq. 5).
/// <code>h̃ = tanh(W_c [c; h])</code>
/// Shapes: context (…, context size), state (…, d) → (…, d).
/// </summary>
public sealed class AttentionalVector(int contextSize, int size) : Module
{
    /// <summary>weight (d, context size + d)</summary>
    public Linear W { get; } = new(contextSize + size, size, bias: false);

    public Tensor Forward(Tensor context, Tensor state)
    {
        if (context.Rank == 0 || context.Rank != state.Rank || context.Shape[^1] != contextSize || state.Shape[^1] != size || context.Shape[..^1] != state.Shape[..^1])
            throw new ArgumentException($"AttentionalVector: context {context.Shape} and state {state.Shape} must be (…, {contextSize}) and (…, {size}), the same but for the last axis");
        return W.Forward(Tensor.Concat([context, state], -1), Activation.Tanh);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new AttentionalVector(3, 2), (vector, x) => vector.Forward(x[0], x[1]), [[2, 4, 3], [2, 4, 2]]),
    ];
}
