namespace NanoAttention;

/// <summary>
/// A small network for images that says which channels and places it looks at (Woo et al. 2018): twice a convolution, batch norm, relu,
/// <see cref="Cbam"/> and a pool of 2 × 2, then the mean over places and a linear classifier.
/// Shapes: (n, in, h, w) → logits (n, classes).
/// </summary>
public sealed class CbamCnn(int inputs, int first, int second, int classes, int reduction = 4, int kernel = 3) : Layer
{
    [Name("conv1")]
    public Conv2d Conv1 { get; } = new(inputs, first, 3, padding: 1, bias: false);
    [Name("bn1")]
    public BatchNorm2d Bn1 { get; } = new(first);
    [Name("att1")]
    public Cbam Att1 { get; } = new(first, first / reduction, kernel);
    [Name("conv2")]
    public Conv2d Conv2 { get; } = new(first, second, 3, padding: 1, bias: false);
    [Name("bn2")]
    public BatchNorm2d Bn2 { get; } = new(second);
    [Name("att2")]
    public Cbam Att2 { get; } = new(second, second / reduction, kernel);
    public Linear Fc { get; } = new(second, classes);

    public override Tensor Forward(Tensor x) => ForwardWithWeights(x).Logits;

    /// <summary>The same with the gates of both blocks, (n, c) and (n, 1, h, w) each.</summary>
    public (Tensor Logits, (Tensor Channel, Tensor Spatial)[] Weights) ForwardWithWeights(Tensor x)
    {
        (x, var one) = Att1.ForwardWithWeights(Bn1.Forward(Conv1.Forward(x)).Relu());
        (x, var two) = Att2.ForwardWithWeights(Bn2.Forward(Conv2.Forward(x.MaxPool([2, 2]))).Relu());
        return (Fc.Forward(x.MaxPool([2, 2]).Mean([2, 3])), [one, two]);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new CbamCnn(1, 2, 4, 3, reduction: 2), (model, x) => model.Forward(x[0]), [[2, 1, 8, 8]]) with
        {
            Timed = Case.Of(() => new CbamCnn(1, 8, 16, 10), (model, x) => model.Forward(x[0]), [[16, 1, 28, 28]]),
        },
    ];
}
