namespace NanoAttention;

/// <summary>x/√(mean x² + ε) ⊙ weight over the last axes, of the given shape (Zhang and Sennrich 2019). Shapes: x (…, shape) → the
/// same.</summary>
public sealed class RmsNorm(Shape shape, double epsilon = 1e-6, bool affine = true) : Layer
{
    public RmsNorm(int size, double epsilon = 1e-6, bool affine = true) : this([size], epsilon, affine) { }

    /// <summary>Ones at first.</summary>
    public Tensor? Weight { get; } = affine ? Initialise.Constant(Initialise.Parameter(shape), 1) : null;

    public override Tensor Forward(Tensor x)
    {
        if (x.Rank < shape.Rank || x.Shape[^shape.Rank..] != shape)
            throw new ArgumentException($"RmsNorm: {x.Shape} does not end in {shape}");
        return x.Reshape([.. x.Shape.Sizes[..^shape.Rank], shape.Count]).RmsNorm(Weight?.Reshape(-1), epsilon).Reshape(x.Shape.Sizes);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new RmsNorm(6), (norm, x) => norm.Forward(x[0]), [[2, 3, 6]]),
        Case.Of(() => new RmsNorm([2, 3], 1e-2, affine: false), (norm, x) => norm.Forward(x[0]), [[4, 2, 3]]),
    ];
}
