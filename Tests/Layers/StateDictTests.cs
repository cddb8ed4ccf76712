using Xunit;

namespace NanoAttention.Tests.Layers;

public class StateDictTests
{
    static void HasNames(Module module, params string[] names) => Assert.Equal(names, module.Named().Select(n => n.Name));

    [Fact]
    public void LinearHasPyTorchsNames() => HasNames(new Linear(2, 3), "weight", "bias");

    [Fact]
    public void WhatIsNullHasNoName() => HasNames(new Linear(2, 3, bias: false), "weight");

    [Fact]
    public void SequentialNumbersItsLayers() =>
        HasNames(new Sequential(new Linear(2, 3), new Lambda(x => x.Relu()), new LayerNorm(3)), "0.weight", "0.bias", "2.weight", "2.bias");

    [Fact]
    public void LstmHasPyTorchsNames() => HasNames(new Lstm(3, 4, layers: 2, bidirectional: true),
        "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
        "weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse", "bias_hh_l0_reverse",
        "weight_ih_l1", "weight_hh_l1", "bias_ih_l1", "bias_hh_l1",
        "weight_ih_l1_reverse", "weight_hh_l1_reverse", "bias_ih_l1_reverse", "bias_hh_l1_reverse");

    [Fact]
    public void OtherRecurrentLayersHaveThemToo()
    {
        string[] names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"];
        HasNames(new Rnn(3, 4), names);
        HasNames(new Gru(3, 4, bias: false), names[..2]);
        HasNames(new Lstm(3, 4, projection: 2), [.. names, "weight_hr_l0"]);
        Assert.Equal([2, 4], new Lstm(3, 4, projection: 2).Weights["weight_hr_l0"].Shape);
    }

    [Fact]
    public void RecurrentCellsHavePyTorchsNames()
    {
        foreach (var cell in (Module[])[new LstmCell(3, 4), new GruCell(3, 4), new RnnCell(3, 4)]) HasNames(cell, "weight_ih", "weight_hh", "bias_ih", "bias_hh");
        HasNames(new LstmCell(3, 4, bias: false), "weight_ih", "weight_hh");
    }

    [Fact]
    public void Seq2SeqHasTheNamesOfItsReference() => HasNames(new Seq2Seq(5, 6, 3, 2, 4),
        "src_embedding.weight", "tgt_embedding.weight",
        "encoder.weight_ih_l0", "encoder.weight_hh_l0", "encoder.bias_ih_l0", "encoder.bias_hh_l0",
        "encoder.weight_ih_l0_reverse", "encoder.weight_hh_l0_reverse", "encoder.bias_ih_l0_reverse", "encoder.bias_hh_l0_reverse",
        "init_h.weight", "init_h.bias", "init_c.weight", "init_c.bias", "attn_q.weight", "attn_k.weight", "attn_v",
        "decoder.weight_ih", "decoder.weight_hh", "decoder.bias_ih", "decoder.bias_hh", "out.weight", "out.bias");

    static readonly string[] attentionNames = ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"];

    [Fact]
    public void MultiHeadAttentionHasPyTorchsNames()
    {
        HasNames(new MultiHeadAttention(8, 2), attentionNames);
        HasNames(new MultiHeadAttention(8, 2, bias: false), "in_proj_weight", "out_proj.weight");
        HasNames(new MultiHeadAttention(8, 2, keySize: 6, valueSize: 5), "q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias");
    }

    [Fact]
    public void TransformerLayersHavePyTorchsNames()
    {
        string[] inner = ["linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias", "norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"];
        string[] self = [.. attentionNames.Select(n => "self_attn." + n)], cross = [.. attentionNames.Select(n => "multihead_attn." + n)];
        string[] encoder = [.. self, .. inner], decoder = [.. self, .. cross, .. inner, "norm3.weight", "norm3.bias"], norm = ["norm.weight", "norm.bias"];
        HasNames(new TransformerEncoderLayer(8, 2), encoder);
        HasNames(new TransformerDecoderLayer(8, 2), decoder);
        HasNames(new Transformer(8, 2, 2, 1),
            [.. Under("encoder.layers.0.", encoder), .. Under("encoder.layers.1.", encoder), .. Under("encoder.", norm), .. Under("decoder.layers.0.", decoder), .. Under("decoder.", norm)]);

        static IEnumerable<string> Under(string prefix, string[] names) => names.Select(n => prefix + n);
    }

    [Fact]
    public void GptHasNanoGptsNames()
    {
        HasNames(new Gpt(new(5, Layers: 1, Heads: 2, Size: 4)), "transformer.wte.weight", "transformer.wpe.weight",
            "transformer.h.0.ln_1.weight", "transformer.h.0.attn.c_attn.weight", "transformer.h.0.attn.c_proj.weight",
            "transformer.h.0.ln_2.weight", "transformer.h.0.mlp.c_fc.weight", "transformer.h.0.mlp.c_proj.weight", "transformer.ln_f.weight");
        Assert.Contains("transformer.h.0.attn.c_attn.bias", new Gpt(new(5, Layers: 1, Heads: 2, Size: 4, Bias: true)).StateDict().Keys);
    }

    sealed class Tied : Module
    {
        public Embedding Wte { get; } = new(5, 3);
        [Name("lm_head.weight")] public Tensor Head => Wte.Weight;
        public Tensor RunningMean { get; } = Tensor.Zeros([3]);
    }

    [Fact]
    public void ATensorWithTwoNamesIsStoredAndTrainedOnce()
    {
        var tied = new Tied();
        HasNames(tied, "wte.weight", "running_mean");
        Assert.Same(tied.Wte.Weight, Assert.Single(tied.Parameters()));
    }

    [Fact]
    public void ATensorWithTwoNamesLoadsUnderEither()
    {
        var tied = new Tied();
        var weight = Tensor.Normal([5, 3]);
        tied.Load(new Dictionary<string, Tensor> { ["lm_head.weight"] = weight, ["running_mean"] = Tensor.Ones([3]) });
        Assert.Equal(weight.ToArray<float>(), tied.Wte.Weight.ToArray<float>());
        Assert.Equal(1, tied.RunningMean.ToArray<float>()[2]);
    }

    [Fact]
    public void LoadNamesAllThatIsWrongAndChangesNothing()
    {
        var model = new Sequential(new Linear(2, 3), new LayerNorm(3));
        var before = model.Parameters().SelectMany(p => p.ToArray<float>()).ToArray();
        var e = Assert.Throws<ArgumentException>(() => model.Load(new Dictionary<string, Tensor>
        {
            ["0.weight"] = Tensor.Ones([3, 2]),
            ["0.bias"] = Tensor.Ones([4]),
            ["1.weight"] = Tensor.Ones([3]),
            ["extra"] = Tensor.Ones([1]),
        }));
        Assert.Equal("Sequential.Load: 0.bias has shape (4), not (3); 1.bias is missing; extra is unexpected", e.Message);
        Assert.Equal(before, model.Parameters().SelectMany(p => p.ToArray<float>()));
    }

    [Fact]
    public void LoadConvertsBetweenPrecisions()
    {
        var small = new Linear(2, 3);
        Linear wide;
        using (Defaults.With(DType.F64)) wide = new Linear(2, 3);
        wide.Load(small.StateDict());
        Assert.Equal(small.Weight.ToDoubles(), wide.Weight.ToArray<double>());
    }

    [Fact]
    public void TrainingModeReachesEveryModule()
    {
        var dropout = new Dropout(0.5);
        var model = new Sequential(new Sequential(dropout));
        model.Eval();
        var x = Tensor.Ones([100]);
        Assert.Equal(x.ToArray<float>(), model.Forward(x).ToArray<float>());
        model.Train();
        Assert.Contains(0f, model.Forward(x).ToArray<float>());
    }
}
