namespace NanoAttention.Tests.Conformance;

/// <summary>The network with CBAM: logits and the gates of both blocks, its batch norms in training mode throughout.</summary>
public sealed class CbamCase : ModelCase
{
    readonly CbamCnn model;

    public CbamCase(string folder, DType dtype) : base(folder, dtype)
    {
        using var defaults = Defaults.With(dtype: dtype);
        var channels = Json.GetProperty("config").GetProperty("channels");
        model = new(1, channels[0].GetInt32(), channels[1].GetInt32(), Size("classes"), Size("reduction"), Size("kernel"));
    }

    protected override Module Model => model;

    protected override Tensor Loss(int batch) => model.Forward(Images(batch)).CrossEntropy(Batch(batch, "labels"));

    protected override ParameterGroup[] Groups(double decay) =>
    [
        new(model.Parameters().Where(p => p.Rank >= 2)) { Decay = decay },
        new(model.Parameters().Where(p => p.Rank < 2)) { Decay = 0 },
    ];

    protected override IEnumerable<(string Name, Tensor Value)> Outputs()
    {
        var (logits, weights) = model.ForwardWithWeights(Images(0));
        yield return ("logits", logits);
        for (int i = 0; i < weights.Length; i++)
        {
            yield return ($"channel{i + 1}", weights[i].Channel);
            yield return ($"spatial{i + 1}", weights[i].Spatial);
        }
    }

    Tensor Images(int batch) => Batch(batch, "images").To(Defaults.DType);
}
