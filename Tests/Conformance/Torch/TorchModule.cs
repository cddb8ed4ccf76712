using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>A layer of this project standing for one of PyTorch's: made from its keywords, with the case's weights, called with its arguments.</summary>
public sealed partial class TorchModule(Module layer, string signature, Func<Arguments, object?> forward)
{
    static readonly Dictionary<string, (Signature Signature, Func<Arguments, TorchModule> Make)> table =
        Makers.Select(maker => (Signature: new Signature(maker.Signature), maker.Make)).ToDictionary(maker => maker.Signature.Name);

    readonly Signature signature = new(signature);

    public Module Layer => layer;

    /// <summary>The module of that kind with the given parameters and buffers; throws <see cref="NotSupportedByEngineException"/> where there is none.</summary>
    public static TorchModule Create(string kind, Dictionary<string, object?> keywords, bool training, Dictionary<string, Tensor> values)
    {
        if (!table.TryGetValue(kind, out var known)) throw new NotSupportedByEngineException($"nn.{kind}");
        TorchModule module;
        try { module = known.Make(known.Signature.Bind([], keywords)); }
        catch (SignatureException e) { throw new NotSupportedByEngineException($"nn.{e.Message}"); }
        module.Layer.Load(values);
        if (!training) module.Layer.Eval();
        return module;
    }

    public object? Call(IReadOnlyList<object?> values, IReadOnlyDictionary<string, object?> keywords) => forward(signature.Bind(values, keywords));

    /// <summary>A parameter or buffer by its state-dict name.</summary>
    public Tensor this[string name] => layer.Named().First(found => found.Name == name).Value;

    static (string Signature, Func<Arguments, TorchModule> Make)[] Makers =>
    [
        ("Linear(in_features, out_features, bias=True)", a => Chained(new Linear(a.Int("in_features"), a.Int("out_features"), a.Bool("bias")))),
        ("LayerNorm(normalized_shape, eps=1e-5, elementwise_affine=True)",
            a => Chained(new LayerNorm([.. a.Ints("normalized_shape")], a.Float("eps"), a.Bool("elementwise_affine")))),
        ("Embedding(num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False)", Embedding),
        ("EmbeddingBag(num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode='mean', sparse=False, include_last_offset=False, padding_idx=None)",
            EmbeddingBag),
        .. Recurrents,
        .. Transformers,
        .. Windows,
        .. Stateless,
        .. Activations,
    ];

    static TorchModule Chained(Layer layer) => new(layer, "forward(input)", a => layer.Forward(a.Input()));

    static TorchModule Embedding(Arguments a)
    {
        int? padding = TorchBindings.Place(a.IntOrNone("padding_idx"), a.Int("num_embeddings"));
        var table = new Embedding(a.Int("num_embeddings"), a.Int("embedding_dim"), padding);
        return new(table, "forward(input)", call => Plain(a) ? table.Forward(call.Input()) : TorchBindings.Table(table.Weight, call.Input(), a).Gather(call.Input(), padding));
    }

    /// <summary>Whether an embedding neither scales rows nor gradients.</summary>
    static bool Plain(Arguments a) => !a.Has("max_norm") && !a.Bool("scale_grad_by_freq");

    static TorchModule EmbeddingBag(Arguments a)
    {
        int? padding = TorchBindings.Place(a.IntOrNone("padding_idx"), a.Int("num_embeddings"));
        var bag = new EmbeddingBag(a.Int("num_embeddings"), a.Int("embedding_dim"), TorchBindings.Bags(a.Text("mode")), padding);
        bool last = a.Bool("include_last_offset");
        return new(bag, "forward(input, offsets=None, per_sample_weights=None)",
            call => Plain(a) ? bag.Forward(call.Input(), TorchBindings.Ends(call.TensorOrNone("offsets"), last), call.TensorOrNone("per_sample_weights"))
                : TorchBindings.Table(bag.Weight, call.Input(), a).GatherBags(call.Input(), TorchBindings.Bags(a.Text("mode")),
                    TorchBindings.Ends(call.TensorOrNone("offsets"), last), call.TensorOrNone("per_sample_weights"), padding));
    }
}
