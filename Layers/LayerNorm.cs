namespace NanoAttention;

/// <summary>
/// y = (x − x̄)/√(s² + ε) ⊙ weight + bias over the last axes, of the given shape (Ba, Kiros and Hinton 2016). Shapes: x (…, shape) → the same.
/// </summary>
public sealed class LayerNorm(Shape shape, double epsilon = 1e-5, bool affine = true, bool bias = true) : Layer
{
    public LayerNorm(int size, double epsilon = 1e-5, bool affine = true, bool bias = true) : this([size], epsilon, affine, bias) { }

    public Tensor? Weight { get; } = affine ? Initialise.Constant(Initialise.Parameter(shape), 1) : null;

    public Tensor? Bias { get; } = affine && bias ? Initialise.Parameter(shape) : null;

    public override Tensor Forward(Tensor x)
    {
        if (shape.Rank == 1) return x.LayerNorm(Weight, Bias, epsilon);
        if (x.Rank < shape.Rank || x.Shape[^shape.Rank..] != shape) throw new ArgumentException($"LayerNorm: {x.Shape} does not end in {shape}");
        var flat = x.Reshape([.. x.Shape.Sizes[..^shape.Rank], shape.Count]);
        return flat.LayerNorm(Weight?.Reshape(-1), Bias?.Reshape(-1), epsilon).Reshape(x.Shape.Sizes);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new LayerNorm(6), (norm, x) => norm.Forward(x[0]), [[2, 3, 6]]) with
        {
            Timed = Case.Of(() => new LayerNorm(512), (norm, x) => norm.Forward(x[0]), [[768, 512]]),
        },
        Case.Of(() => new LayerNorm([2, 3], 1e-2), (norm, x) => norm.Forward(x[0]), [[4, 2, 3]]),
        Case.Of(() => new LayerNorm(5, bias: false), (norm, x) => norm.Forward(x[0]), [[4, 5]]),
        Case.Of(() => new LayerNorm(5, affine: false), (norm, x) => norm.Forward(x[0]), [[4, 5]]),
    ];
}
