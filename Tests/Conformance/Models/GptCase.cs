namespace NanoAttention.Tests.Conformance;

/// <summary>nanoGPT's model, in its own layout or Hugging Face's: logits, the state behind every block, a prompt shorter than the block, and what it goes on with.</summary>
public sealed class GptCase : ModelCase
{
    readonly Gpt model;

    public GptCase(string folder, DType dtype) : base(folder, dtype)
    {
        using var defaults = Defaults.With(dtype: dtype);
        var config = Json.GetProperty("config");
        model = new(new(Size("vocab_size"), Size("block_size"), Size("n_layer"), Size("n_head"), Size("n_embd"), Bias: config.GetProperty("bias").GetBoolean(),
            Activation: config.GetProperty("gelu").GetString() == "tanh" ? Activation.GeluTanh : Activation.Gelu));
    }

    protected override Module Model => model;

    // Hugging Face's linear layers hold (in, out).
    protected override WeightLayout? Layout => Weights["transformer.h.0.attn.c_attn.weight"].Shape[0] == model.Config.Size ? WeightLayout.Gpt2 : null;

    protected override Tensor Loss(int batch) => model.Loss(Io[$"batch.{batch}.ids"], Io[$"batch.{batch}.targets"]);

    protected override ParameterGroup[] Groups(double decay) => model.DecayGroups(decay);

    protected override IEnumerable<(string Name, Tensor Value)> Outputs()
    {
        var (ids, body) = (Io["batch.0.ids"], model.Transformer);
        yield return ("logits", model.Forward(ids));
        var x = body.Wte.Forward(ids) + body.Wpe.Forward(Tensor.Arange(ids.Shape[1], DType.I32));
        yield return ("hidden.0", x);
        for (int i = 0; i < body.H.Count; i++) yield return ($"hidden.{i + 1}", x = body.H[i].Forward(x));

        if (!Json.TryGetProperty("extra", out _)) yield break;
        int[] prompt = Integers("prompt");
        yield return ("extra.short_prompt_logits", model.Forward(Tensor.From(prompt[..Math.Min(8, prompt.Length)], [1, Math.Min(8, prompt.Length)])));
    }

    protected override void CheckDecoding()
    {
        if (!Json.TryGetProperty("extra", out _)) return;
        int[] greedy = Integers("greedy");
        if (!model.Generate(Integers("prompt"), greedy.Length, temperature: 0).SequenceEqual(greedy)) throw new MismatchException("the greedy continuation differs");
    }

    int[] Integers(string name) => [.. Json.GetProperty("extra").GetProperty(name).EnumerateArray().Select(i => i.GetInt32())];
}
