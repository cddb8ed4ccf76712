namespace NanoAttention;

/// <summary>
/// A transformer's inner layer with a gate (Shazeer 2020, §2), with LLaMA's names.
/// <code>y = W_down (silu(W_gate x) ⊙ W_up x),  silu(z) = z σ(z)</code>
/// Shapes: (…, d) → (…, d).
/// </summary>
public sealed class SwiGlu(int size, int inner, bool bias = false) : Layer
{
    /// <summary>weight (inner, d)</summary>
    public Linear GateProj { get; } = new(size, inner, bias);

    /// <summary>weight (inner, d)</summary>
    public Linear UpProj { get; } = new(size, inner, bias);

    /// <summary>weight (d, inner)</summary>
    public Linear DownProj { get; } = new(inner, size, bias);

    public override Tensor Forward(Tensor x) => DownProj.Forward(GateProj.Forward(x, Activation.Silu) * UpProj.Forward(x));

    internal static Case[] Cases => [Case.Of(() => new SwiGlu(3, 4), (mlp, x) => mlp.Forward(x[0]), [[2, 3]])];
}
