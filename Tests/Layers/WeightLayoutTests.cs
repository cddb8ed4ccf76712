using Xunit;

namespace NanoAttention.Tests;

public class WeightLayoutTests
{
    static readonly GptConfig gpt = new(5, Block: 4, Layers: 2, Heads: 2, Size: 4, Bias: true);
    static readonly BertConfig bert = new(6, 4, 2, 2, 5, 4);

    [Fact]
    public void What_is_written_reads_back_bit_for_bit()
    {
        Check(new Gpt(gpt), new Gpt(gpt), WeightLayout.Gpt2);
        Check(new Bert(bert), new Bert(bert), WeightLayout.Bert);

        static void Check(Module from, Module to, WeightLayout layout)
        {
            to.Load(layout.Read(to, layout.Write(from.Named())));
            foreach (var ((name, a), (_, b)) in from.Named().Zip(to.Named())) Assert.True(a.ToDoubles().SequenceEqual(b.ToDoubles()), name);
        }
    }

    [Fact]
    public void Linear_layers_of_GPT2_hold_inputs_by_outputs()
    {
        var model = new Gpt(gpt);
        var stored = WeightLayout.Gpt2.Write(model.Named());
        Assert.Equal([4, 12], stored["transformer.h.0.attn.c_attn.weight"].Shape.Sizes.ToArray());
        Assert.Equal([16, 4], stored["transformer.h.1.mlp.c_proj.weight"].Shape.Sizes.ToArray());
        Assert.Equal([5, 4], stored["transformer.wte.weight"].Shape.Sizes.ToArray());
        Assert.Equal(model.Transformer.H[0].Attn.CAttn.Weight.Transpose().ToDoubles(), stored["transformer.h.0.attn.c_attn.weight"].ToDoubles());
    }

    [Fact]
    public void Query_key_and_value_of_BERT_stand_apart()
    {
        var model = new Bert(bert);
        var stored = WeightLayout.Bert.Write(model.Named());
        var attention = model.Body.Encoder.Layers[1].SelfAttn;
        Assert.Equal(attention.InProjWeight!.Slice(0, 4, 4).ToDoubles(), stored["bert.encoder.layer.1.attention.self.key.weight"].ToDoubles());
        Assert.Equal(attention.InProjBias!.Slice(0, 8, 4).ToDoubles(), stored["bert.encoder.layer.1.attention.self.value.bias"].ToDoubles());
        Assert.DoesNotContain(stored.Keys, name => name.Contains("in_proj", StringComparison.Ordinal));
    }

    /// <summary>As the files on the hub are: without the prefix, with masks, with the copy of the embedding, with TensorFlow's names.</summary>
    [Fact]
    public void Old_names_are_read_and_buffers_left_out()
    {
        var (from, to) = (new Gpt(gpt), new Gpt(gpt));
        var stored = WeightLayout.Gpt2.Write(from.Named()).ToDictionary(t => t.Key["transformer.".Length..], t => t.Value);
        stored["h.0.attn.bias"] = Tensor.Ones([1, 1, 4, 4]);
        stored["h.1.attn.masked_bias"] = Tensor.Zeros([]);
        stored["lm_head.weight"] = stored["wte.weight"];
        to.Load(WeightLayout.Gpt2.Read(to, stored));
        Assert.Equal(from.Head.ToDoubles(), to.Head.ToDoubles());

        var (first, second) = (new Bert(bert), new Bert(bert));
        var old = WeightLayout.Bert.Write(first.Named()).ToDictionary(
            t => t.Key.Replace("LayerNorm.weight", "LayerNorm.gamma").Replace("LayerNorm.bias", "LayerNorm.beta"), t => t.Value);
        old["bert.embeddings.position_ids"] = Tensor.Arange(4, DType.I32);
        old["cls.predictions.decoder.weight"] = old["bert.embeddings.word_embeddings.weight"];
        second.Load(WeightLayout.Bert.Read(second, old));
        Assert.Equal(first.Cls.Bias.ToDoubles(), second.Cls.Bias.ToDoubles());
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        var model = new Bert(bert);
        var stored = WeightLayout.Bert.Write(model.Named());
        stored.Remove("bert.encoder.layer.0.attention.self.key.bias");
        stored["bert.extra"] = Tensor.Ones([1]);
        var error = Assert.Throws<ArgumentException>(() => model.Load(WeightLayout.Bert.Read(model, stored)));
        Assert.Contains("bert.encoder.layers.0.self_attn.in_proj_bias is missing", error.Message);
        Assert.Contains("bert.extra is unexpected", error.Message);

        var flat = WeightLayout.Gpt2.Write(new Gpt(gpt).Named());
        flat["transformer.h.0.mlp.c_fc.weight"] = Tensor.Ones([64]);
        Assert.Contains("should be a matrix", Assert.Throws<ArgumentException>(() => WeightLayout.Gpt2.Read(new Gpt(gpt), flat)).Message);
    }

    [Fact]
    public void Bert_names_what_does_not_fit()
    {
        var model = new Bert(bert);
        Assert.Contains("at most 4 places", Assert.Throws<ArgumentException>(() => model.Forward(Tensor.Zeros([1, 5], DType.I32))).Message);
        Assert.Contains("of one shape", Assert.Throws<ArgumentException>(() => model.Forward(Tensor.Zeros([1, 3], DType.I32), Tensor.Zeros([3], DType.I32))).Message);
    }
}
