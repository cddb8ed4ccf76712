namespace NanoAttention;

/// <summary>y = x Wᵀ + b. Shapes: x (…, in) → (…, out). W and b start uniform within ±1/√in.</summary>
public sealed class Linear(int inputs, int outputs, bool bias = true) : Layer
{
    /// <summary>(out, in)</summary>
    public Tensor Weight { get; } = Initialise.UniformFan(Initialise.Parameter([outputs, inputs]), inputs);

    /// <summary>(out)</summary>
    public Tensor? Bias { get; } = bias ? Initialise.UniformFan(Initialise.Parameter([outputs]), inputs) : null;

    public override Tensor Forward(Tensor x) => x.Linear(Weight, Bias);

    /// <summary>f(x Wᵀ + b), in one pass where no gradient is wanted.</summary>
    public Tensor Forward(Tensor x, Activation f) => x.Linear(Weight, Bias, f);

    internal static Case[] Cases =>
    [
        Case.Of(() => new Linear(4, 3), (linear, x) => linear.Forward(x[0]), [[2, 5, 4]]) with
        {
            Timed = Case.Of(() => new Linear(512, 512), (linear, x) => linear.Forward(x[0]), [[768, 512]]),
        },
        Case.Of(() => new Linear(4, 3, bias: false), (linear, x) => linear.Forward(x[0]), [[4]]),
    ];
}
