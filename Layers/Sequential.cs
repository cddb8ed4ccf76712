namespace NanoAttention;

/// <summary>Layers one behind the other, named 0, 1, ….</summary>
public sealed class Sequential(params Layer[] layers) : Layer
{
    [Name("")]
    public IReadOnlyList<Layer> Layers => layers;

    public override Tensor Forward(Tensor x)
    {
        foreach (var layer in layers) x = layer.Forward(x);
        return x;
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new Sequential(new Linear(4, 6), new Lambda(x => x.Tanh()), new Linear(6, 2)), (model, x) => model.Forward(x[0]), [[3, 4]]),
    ];
}

/// <summary>A function without parameters as a layer: <c>new Lambda(x => x.Relu())</c>.</summary>
public sealed class Lambda(Func<Tensor, Tensor> f) : Layer
{
    public override Tensor Forward(Tensor x) => f(x);

    internal static Case[] Cases => [Case.Of(() => new Lambda(x => x.Tanh() * x), (lambda, x) => lambda.Forward(x[0]), [[3, 4]])];
}
