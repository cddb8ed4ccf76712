namespace NanoAttention.Tests.Conformance;

/// <summary>The language model of two LSTM layers, whose first states are given with each batch: logits and last states.</summary>
public sealed class CharLstmCase : ModelCase
{
    readonly CharLstm model;

    public CharLstmCase(string folder, DType dtype) : base(folder, dtype)
    {
        using var defaults = Defaults.With(dtype: dtype);
        model = new(Size("vocab"), Size("emb"), Size("hidden"), Size("layers"));
    }

    protected override Module Model => model;

    protected override Tensor Loss(int batch) => model.Loss(Batch(batch, "ids"), Batch(batch, "targets"), State(batch));

    protected override IEnumerable<(string Name, Tensor Value)> Outputs()
    {
        var (logits, (h, c)) = model.Forward(Batch(0, "ids"), State(0));
        yield return ("logits", logits);
        yield return ("h_n", h);
        yield return ("c_n", c);
    }

    (Tensor, Tensor) State(int batch) => (Batch(batch, "h0").To(Defaults.DType), Batch(batch, "c0").To(Defaults.DType));
}
