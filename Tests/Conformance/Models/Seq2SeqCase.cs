namespace NanoAttention.Tests.Conformance;

/// <summary>The encoder-decoder with Bahdanau's attention; padding is class 0, which the loss leaves out.</summary>
public sealed class Seq2SeqCase : ModelCase
{
    readonly Seq2Seq model;

    public Seq2SeqCase(string folder, DType dtype) : base(folder, dtype)
    {
        using var defaults = Defaults.With(dtype: dtype);
        model = new(Size("src_vocab"), Size("tgt_vocab"), Size("emb"), Size("hidden"), Size("attn"));
    }

    protected override Module Model => model;

    protected override Tensor Loss(int batch) => model.Forward(Source(batch), Lengths(batch), Target(batch)).CrossEntropy(Io[$"batch.{batch}.tgt_out"], ignoreIndex: Translator.Pad);

    protected override IEnumerable<(string Name, Tensor Value)> Outputs()
    {
        var (logits, attention) = model.ForwardWithWeights(Source(0), Lengths(0), Target(0));
        yield return ("logits", logits);
        yield return ("attention", attention!);
        yield return ("encoder_states", model.Encoder.Forward(model.SrcEmbedding.Forward(Io["batch.0.src"]), lengths: Lengths(0)).Output);
    }

    protected override void CheckDecoding()
    {
        int[][] greedy = [.. Json.GetProperty("extra").GetProperty("greedy").EnumerateArray().Select(s => s.EnumerateArray().Select(i => i.GetInt32()).ToArray())];
        var found = model.Translate(Io["batch.0.src"], Lengths(0), greedy[0].Length);
        for (int i = 0; i < greedy.Length; i++)
            if (!found[i].Symbols.SequenceEqual(greedy[i].TakeWhile(s => s != Translator.End))) throw new MismatchException($"the greedy translation of sentence {i} differs");
    }

    Tensor Source(int batch) => Io[$"batch.{batch}.src"];

    Tensor Target(int batch) => Io[$"batch.{batch}.tgt_in"];

    int[] Lengths(int batch) => Io[$"batch.{batch}.src_lengths"].ToArray<int>();
}
