namespace NanoAttention.Tests.Conformance;

/// <summary>The tagger of sentences of unequal lengths; what stands behind them has the tag −100.</summary>
public sealed class TaggerCase : ModelCase
{
    readonly Tagger model;

    public TaggerCase(string folder, DType dtype) : base(folder, dtype)
    {
        using var defaults = Defaults.With(dtype: dtype);
        model = new(Size("vocab"), Size("emb"), Size("hidden"), Size("tags"));
    }

    protected override Module Model => model;

    protected override Tensor Loss(int batch) => model.Loss(Batch(batch, "ids"), Lengths(batch), Batch(batch, "tags"));

    protected override IEnumerable<(string Name, Tensor Value)> Outputs()
    {
        yield return ("logits", model.Forward(Batch(0, "ids"), Lengths(0)));
    }

    int[] Lengths(int batch) => Batch(batch, "lengths").ToArray<int>();
}
