using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public sealed partial class TorchModule
{
    const string Sizes = "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation='relu', layer_norm_eps=1e-5, batch_first=False, norm_first=False";
    const string DecoderMasks = "tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, memory_key_padding_mask=None";

    static (string Signature, Func<Arguments, TorchModule> Make)[] Transformers =>
    [
        ("MultiheadAttention(embed_dim, num_heads, dropout=0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, batch_first=False)", MultiHeadAttention),
        ($"TransformerEncoderLayer({Sizes})", EncoderLayer),
        ($"TransformerDecoderLayer({Sizes})", DecoderLayer),
        ($"Encoder2({Sizes})", Encoder),
        ($"Decoder2({Sizes})", Decoder),
        ($"Transformer({Sizes}, num_encoder_layers=6, num_decoder_layers=6)", Transformer),
    ];

    static TorchModule EncoderLayer(Arguments a)
    {
        var layer = Block(a);
        return new(layer, "forward(src, src_mask=None, src_key_padding_mask=None)", call =>
            Back(a, layer.Forward(Turned(a, call.Tensor("src")), Mask(call, "src_mask"), Seen(call, "src_key_padding_mask")), call.Tensor("src")));
    }

    static TorchModule DecoderLayer(Arguments a)
    {
        var layer = LookingBlock(a);
        return new(layer, $"forward(tgt, memory, {DecoderMasks})", call => Back(a, layer.Forward(
            Turned(a, call.Tensor("tgt")), Turned(a, call.Tensor("memory")),
            Mask(call, "tgt_mask"), Seen(call, "tgt_key_padding_mask"), Mask(call, "memory_mask"), Seen(call, "memory_key_padding_mask")), call.Tensor("tgt")));
    }

    static TorchModule Encoder(Arguments a)
    {
        var encoder = new TransformerEncoder(2, () => Block(a), new(a.Int("d_model")));
        return new(encoder, "forward(src, mask=None, src_key_padding_mask=None)", call =>
            Back(a, encoder.Forward(Turned(a, call.Tensor("src")), Mask(call, "mask"), Seen(call, "src_key_padding_mask")), call.Tensor("src")));
    }

    static TorchModule Decoder(Arguments a)
    {
        var decoder = new TransformerDecoder(2, () => LookingBlock(a), new(a.Int("d_model")));
        return new(decoder, $"forward(tgt, memory, {DecoderMasks})", call => Back(a, decoder.Forward(
            Turned(a, call.Tensor("tgt")), Turned(a, call.Tensor("memory")),
            Mask(call, "tgt_mask"), Seen(call, "tgt_key_padding_mask"), Mask(call, "memory_mask"), Seen(call, "memory_key_padding_mask")), call.Tensor("tgt")));
    }

    static TorchModule Transformer(Arguments a)
    {
        var model = new Transformer(a.Int("d_model"), a.Int("nhead"), a.Int("num_encoder_layers"), a.Int("num_decoder_layers"),
            a.Int("dim_feedforward"), a.Float("dropout"), Activation(a), a.Bool("norm_first"), a.Float("layer_norm_eps"));
        return new(model, $"forward(src, tgt, src_mask=None, {DecoderMasks}, src_key_padding_mask=None)", call =>
        {
            var memory = model.Encoder.Forward(Turned(a, call.Tensor("src")), Mask(call, "src_mask"), Seen(call, "src_key_padding_mask"));
            return Back(a, model.Decoder.Forward(Turned(a, call.Tensor("tgt")), memory,
                Mask(call, "tgt_mask"), Seen(call, "tgt_key_padding_mask"), Mask(call, "memory_mask"), Seen(call, "memory_key_padding_mask")), call.Tensor("tgt"));
        });
    }

    static TorchModule MultiHeadAttention(Arguments a)
    {
        int heads = a.Int("num_heads");
        var attention = new MultiHeadAttention(a.Int("embed_dim"), heads, a.Float("dropout"), a.Bool("bias"), a.IntOrNone("kdim"), a.IntOrNone("vdim"),
            a.Bool("add_bias_kv"), a.Bool("add_zero_attn"));
        return new(attention, "forward(query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True)", call =>
        {
            Tensor q = Turned(a, call.Tensor("query")), k = Same("key", "query") ? q : Turned(a, call.Tensor("key"));
            var v = Same("value", "key") ? k : Turned(a, call.Tensor("value"));
            var (y, weights) = attention.ForwardWithWeights(q, k, v, Mask(call, "attn_mask", heads), Seen(call, "key_padding_mask"));
            if (call.Bool("average_attn_weights")) weights = weights.Mean(1);
            if (call.Tensor("query").Rank == 2) weights = weights.Squeeze(0);
            return (object?[])[Back(a, y, call.Tensor("query")), call.Bool("need_weights") ? weights : null];

            bool Same(string one, string other) => ReferenceEquals(call[one], call[other]);
        });
    }

    static TransformerEncoderLayer Block(Arguments a) => new(
        a.Int("d_model"), a.Int("nhead"), a.Int("dim_feedforward"), a.Float("dropout"), Activation(a), a.Bool("norm_first"), a.Float("layer_norm_eps"));

    static TransformerDecoderLayer LookingBlock(Arguments a) => new(
        a.Int("d_model"), a.Int("nhead"), a.Int("dim_feedforward"), a.Float("dropout"), Activation(a), a.Bool("norm_first"), a.Float("layer_norm_eps"));

    static Activation Activation(Arguments a) => a.Text("activation") == "gelu" ? NanoAttention.Activation.Gelu : NanoAttention.Activation.Relu;

    /// <summary>The layers here have the batch first; PyTorch's have it second unless told so, or none at all.</summary>
    static Tensor Turned(Arguments a, Tensor x) => x.Rank == 2 ? x.Unsqueeze(0) : a.Bool("batch_first") ? x : x.Transpose(0, 1);

    /// <summary>What a layer answers, with the batch where the input has it.</summary>
    static Tensor Back(Arguments a, Tensor y, Tensor input) => input.Rank == 2 ? y.Squeeze(0) : Turned(a, y);

    /// <summary>PyTorch's mask, true where nothing may be seen (here: true where something may), or added to the scores; (t, s) or (b · h, t, s).</summary>
    static Tensor? Mask(Arguments call, string name, int heads = 1)
    {
        if (call.TensorOrNone(name) is not { } mask) return null;
        if (mask.Rank == 3) mask = mask.Reshape([mask.Shape[0] / heads, heads, .. mask.Shape.Sizes[1..]]);
        return mask.DType.IsFloat ? mask : !mask;
    }

    /// <summary>PyTorch's padding mask (b, s), true at padding (here it is true elsewhere), or added to the scores.</summary>
    static Tensor? Seen(Arguments call, string name) => call.TensorOrNone(name) is not { } padding ? null
        : (padding.Rank == 1 ? padding.Unsqueeze(0) : padding) is { DType: DType.Bool } rows ? !rows : padding.Rank == 1 ? padding.Unsqueeze(0) : padding;
}
