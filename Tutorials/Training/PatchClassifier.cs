namespace NanoAttention.Tutorials;

/// <summary>
/// A small vision transformer (Dosovitskiy et al. 2021): the image is cut into square patches, each a vector with its place added;
/// they attend to each other in a few blocks, and attention pooling (one learned query) gathers what the classifier reads.
/// Shapes: images (n, height · width) in 0 … 1 → (n, classes), and the weights of the pooling, (n, patches).
/// </summary>
sealed class PatchClassifier(int height, int width, int patch, int features, int layers, int heads, int classes) : Module
{
    public Linear Embed { get; } = new(patch * patch, features);
    public Tensor Place { get; } = Initialise.Normal(Initialise.Parameter([height / patch * (width / patch), features]), 0.02);
    public IReadOnlyList<TransformerEncoderLayer> Layers { get; } =
        [.. Enumerable.Range(0, layers)
            .Select(_ => new TransformerEncoderLayer(features, heads, 4 * features, dropout: 0, Activation.Gelu, normFirst: true))];
    public LayerNorm Norm { get; } = new(features);
    public Tensor Query { get; } = Initialise.Normal(Initialise.Parameter([features, 1]), 0.02);
    public Linear Head { get; } = new(features, classes);

    public (Tensor Logits, Tensor Weights) Forward(Tensor images)
    {
        int n = images.Shape[0], rows = height / patch, columns = width / patch;
        var x = images.Reshape(n, rows, patch, columns, patch).Transpose(2, 3)                 // (n, rows, columns, patch, patch)
            .Reshape(n, rows * columns, patch * patch);                                        // (n, patches, patch²)
        x = Embed.Forward(x) + Place;                                                          // (n, patches, features)
        foreach (var layer in Layers) x = layer.Forward(x);
        x = Norm.Forward(x);
        var weights = x.MatMul(Query).Squeeze(-1).Softmax();                                   // (n, patches)
        var pooled = weights.Unsqueeze(1).MatMul(x).Squeeze(1);                                // (n, features)
        return (Head.Forward(pooled), weights);
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new PatchClassifier(4, 6, patch: 2, features: 4, layers: 1, heads: 2, classes: 3),
            (model, x) => model.Forward(x[0]).Logits, [[2, 24]]),
        Case.Of(() => new PatchClassifier(4, 4, patch: 2, features: 2, layers: 1, heads: 1, classes: 2),
            (model, x) => model.Forward(x[0]).Weights, [[3, 16]]),
    ];
}
