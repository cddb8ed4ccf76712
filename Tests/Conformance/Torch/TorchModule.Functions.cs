using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>Modules that are a function with settings: losses, distances, padding, activations.</summary>
public sealed partial class TorchModule
{
    static (string Signature, Func<Arguments, TorchModule> Make)[] Stateless =>
    [
        Function("CrossEntropyLoss", "F.cross_entropy", "weight=None, ignore_index=-100, reduction='mean', label_smoothing=0.0"),
        Function("NLLLoss", "F.nll_loss", "weight=None, ignore_index=-100, reduction='mean'"),
        Function("MSELoss", "F.mse_loss", "reduction='mean'"),
        Function("L1Loss", "F.l1_loss", "reduction='mean'"),
        Function("SmoothL1Loss", "F.smooth_l1_loss", "reduction='mean', beta=1.0"),
        Function("HuberLoss", "F.huber_loss", "reduction='mean', delta=1.0"),
        Function("PoissonNLLLoss", "F.poisson_nll_loss", "log_input=True, full=False, eps=1e-8, reduction='mean'"),
        Function("GaussianNLLLoss", "F.gaussian_nll_loss", "full=False, eps=1e-6, reduction='mean'"),
        Function("BCELoss", "F.binary_cross_entropy", "weight=None, reduction='mean'"),
        Function("BCEWithLogitsLoss", "F.binary_cross_entropy_with_logits", "weight=None, reduction='mean', pos_weight=None"),
        Function("KLDivLoss", "F.kl_div", "reduction='mean', log_target=False"),
        Function("SoftMarginLoss", "F.soft_margin_loss", "reduction='mean'"),
        Function("MultiMarginLoss", "F.multi_margin_loss", "p=1, margin=1.0, weight=None, reduction='mean'"),
        Function("MultiLabelSoftMarginLoss", "F.multilabel_soft_margin_loss", "weight=None, reduction='mean'"),
        Function("HingeEmbeddingLoss", "F.hinge_embedding_loss", "margin=1.0, reduction='mean'"),
        Function("MarginRankingLoss", "F.margin_ranking_loss", "margin=0.0, reduction='mean'"),
        Function("CosineEmbeddingLoss", "F.cosine_embedding_loss", "margin=0.0, reduction='mean'"),
        Function("TripletMarginLoss", "F.triplet_margin_loss", "margin=1.0, p=2.0, eps=1e-6, swap=False, reduction='mean'"),
        Function("CTCLoss", "F.ctc_loss", "blank=0, reduction='mean', zero_infinity=False"),
        Function("CosineSimilarity", "F.cosine_similarity", "dim=1, eps=1e-8"),
        Function("PairwiseDistance", "F.pairwise_distance", "p=2.0, eps=1e-6, keepdim=False"),
        Function("ChannelShuffle", "F.channel_shuffle", "groups"),
        Function("Flatten", "torch.flatten", "start_dim=1, end_dim=-1"),
        Function("Identity", "torch.positive", ""),
        ("Unflatten(dim, unflattened_size)", a => Called("unflatten", _ => new() { ["dim"] = a["dim"], ["sizes"] = a["unflattened_size"] })),
        ("Dropout(p=0.5, inplace=False)", a => Called("F.dropout", m => new() { ["p"] = a["p"], ["training"] = m.Training })),
        ("UpsamplingNearest2d(size=None, scale_factor=None)", a => Resized(a, "nearest")),
        ("UpsamplingBilinear2d(size=None, scale_factor=None)", a => Resized(a, "bilinear")),
        ("Bilinear(in1_features, in2_features, out_features, bias=True)", Bilinear),
        .. Paddings("ConstantPad", "constant", ", value"),
        .. Paddings("ZeroPad", "constant", ""),
        .. Paddings("ReflectionPad", "reflect", ""),
        .. Paddings("ReplicationPad", "replicate", ""),
    ];

    static (string Signature, Func<Arguments, TorchModule> Make)[] Activations =>
    [
        .. new[] { "ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Hardswish", "Hardsigmoid", "Sigmoid", "Tanh", "LogSigmoid", "Softsign", "Tanhshrink" }
            .Select(name => Function(name, $"F.{name.ToLowerInvariant()}", "")),
        Function("GELU", "F.gelu", "approximate='none'"),
        Function("ELU", "F.elu", "alpha=1.0"),
        Function("CELU", "F.celu", "alpha=1.0"),
        Function("GLU", "F.glu", "dim=-1"),
        Function("LeakyReLU", "F.leaky_relu", "negative_slope=0.01"),
        Function("Softplus", "F.softplus", "beta=1, threshold=20"),
        Function("Softshrink", "F.softshrink", "lambd=0.5"),
        Function("Hardshrink", "F.hardshrink", "lambd=0.5"),
        Function("Hardtanh", "F.hardtanh", "min_val=-1.0, max_val=1.0"),
        Function("Threshold", "F.threshold", "threshold, value"),
        Function("Softmax", "F.softmax", "dim"),
        Function("LogSoftmax", "F.log_softmax", "dim"),
        Function("Softmin", "F.softmin", "dim"),
        ("Softmax2d()", _ => Called("F.softmax", _ => new() { ["dim"] = -3L })),
        ("PReLU(num_parameters=1, init=0.25)", a => new Weights([a.Int("num_parameters")]) is var own
            ? new(own, "forward(input)", call => TorchBindings.Call("F.prelu", [call.Input(), own.Weight], nothing)) : null!),
    ];

    static readonly Dictionary<string, object?> nothing = [];

    /// <summary>What a module has to learn that is no layer of this project.</summary>
    sealed class Weights(Shape weight, Shape? bias = null) : Module
    {
        public Tensor Weight { get; } = Initialise.Parameter(weight);

        public Tensor? Bias { get; } = bias is { } shape ? Initialise.Parameter(shape) : null;
    }

    static TorchModule Bilinear(Arguments a)
    {
        int size = a.Int("out_features");
        var own = new Weights([size, a.Int("in1_features"), a.Int("in2_features")], a.Bool("bias") ? [size] : null);
        return new(own, "forward(input1, input2)", call => TorchBindings.Call("F.bilinear", [call["input1"], call["input2"], own.Weight, own.Bias], nothing));
    }

    static TorchModule Resized(Arguments a, string mode) => Called("F.interpolate",
        _ => new() { ["size"] = a["size"], ["scale_factor"] = a["scale_factor"], ["mode"] = mode, ["align_corners"] = mode == "nearest" ? null : true });

    /// <summary>Padding in one, two and three dimensions; one number stands for all sides.</summary>
    static IEnumerable<(string, Func<Arguments, TorchModule>)> Paddings(string module, string mode, string value) =>
        Enumerable.Range(1, 3).Select(axes => ($"{module}{axes}d(padding{value})", (Func<Arguments, TorchModule>)(a => Called("F.pad", _ => new()
        {
            ["pad"] = (a.Ints("padding") is [var all] ? Enumerable.Repeat(all, 2 * axes) : a.Ints("padding")).Select(n => (object?)(long)n).ToArray(),
            ["mode"] = mode,
            ["value"] = value == "" ? null : a["value"],
        }))));

    /// <summary>A module without parameters of its own, which hands its settings on to a function of the same; in place or not is the same here.</summary>
    static (string, Func<Arguments, TorchModule>) Function(string module, string function, string parameters)
    {
        string[] names = [.. parameters.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')[0])];
        return ($"{module}({(parameters == "" ? "" : $"{parameters}, ")}inplace=False)", a => Called(function, _ => names.ToDictionary(name => name, name => a[name])));
    }

    static TorchModule Called(string function, Func<Module, Dictionary<string, object?>> settings)
    {
        var nothing = new Lambda(x => x);
        return new(nothing, "forward(*inputs)", call => TorchBindings.Call(function, (IReadOnlyList<object?>)call["inputs"]!, settings(nothing)));
    }
}
