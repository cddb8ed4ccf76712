namespace NanoAttention.Tests.Conformance;

/// <summary>BERT with both of its tasks, in Hugging Face's layout: the state and the weights of every block.</summary>
public sealed class BertCase : ModelCase
{
    readonly Bert model;

    public BertCase(string folder, DType dtype) : base(folder, dtype)
    {
        using var defaults = Defaults.With(dtype: dtype);
        model = new(new(Size("vocab_size"), Size("hidden_size"), Size("num_hidden_layers"), Size("num_attention_heads"), Size("intermediate_size"),
            Size("max_position_embeddings"), Size("type_vocab_size"), Dropout: 0, Json.GetProperty("config").GetProperty("layer_norm_eps").GetDouble()));
    }

    protected override Module Model => model;

    protected override WeightLayout Layout => WeightLayout.Bert;

    protected override Tensor Loss(int batch) =>
        model.Loss(Batch(batch, "ids"), Batch(batch, "mlm_labels"), Batch(batch, "nsp_labels"), Batch(batch, "token_type_ids"), Padding(batch));

    protected override ParameterGroup[] Groups(double decay) => model.DecayGroups(decay);

    protected override IEnumerable<(string Name, Tensor Value)> Outputs()
    {
        var (ids, types, padding) = (Batch(0, "ids"), Batch(0, "token_type_ids"), Padding(0));
        var (words, next) = model.Forward(ids, types, padding);
        yield return ("mlm_logits", words);
        yield return ("nsp_logits", next);
        yield return ("mlm_loss", words.CrossEntropy(Batch(0, "mlm_labels")));
        yield return ("nsp_loss", next.CrossEntropy(Batch(0, "nsp_labels")));

        var (_, pooled, weights) = model.Body.ForwardWithWeights(ids, types, padding);
        yield return ("pooled", pooled);
        for (int i = 0; i < weights.Length; i++) yield return ($"attention.{i}", weights[i]);
        var x = model.Body.Embeddings.Forward(ids, types);
        yield return ("hidden.0", x);
        for (int i = 0; i < weights.Length; i++) yield return ($"hidden.{i + 1}", x = model.Body.Encoder.Layers[i].Forward(x, padding: padding));
    }

    Tensor Padding(int batch) => Batch(batch, "attention_mask").To(DType.Bool);
}
