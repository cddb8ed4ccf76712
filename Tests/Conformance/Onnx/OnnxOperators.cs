namespace NanoAttention.Tests.Conformance;

/// <summary>
/// ONNX's operators by name, each as what computes it here, for every version of it. What is not in the table is not supported, and
/// counted so; <see cref="outside"/> says why of those that this project is not for.
/// </summary>
public static partial class OnnxOperators
{
    const string Containers = "sequences, optionals and maps", Strings = "strings", Quantised = "quantised numbers",
        Detection = "detection of objects", Control = "graphs within graphs", Bits = "bit patterns of integers",
        Randomness = "random numbers of another generator", Signals = "signal processing", Images = "resampling of images at any points",
        Trees = "classical models";

    static readonly Dictionary<string, string> outside = new (string Reason, string[] Names)[]
    {
        (Containers, ["SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength",
            "SequenceMap", "SplitToSequence", "ConcatFromSequence", "Optional", "OptionalGetElement", "OptionalHasElement"]),
        (Strings, ["StringConcat", "StringNormalizer", "StringSplit", "RegexFullMatch", "TfIdfVectorizer"]),
        (Quantised, ["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger",
            "MatMulInteger"]),
        (Detection, ["NonMaxSuppression", "RoiAlign", "MaxRoiPool", "DeformConv"]),
        (Control, ["If", "Loop", "Scan"]),
        (Bits, ["BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot", "BitCast"]),
        (Randomness, ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"]),
        (Signals, ["DFT", "STFT", "MelWeightMatrix"]),
        (Images, ["GridSample", "AffineGrid", "ImageDecoder", "Resize"]),
        (Trees, ["TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor", "SVMClassifier", "SVMRegressor", "LinearClassifier",
            "LinearRegressor", "LabelEncoder", "ArrayFeatureExtractor", "Binarizer", "Normalizer", "Scaler", "OneHotEncoder", "Imputer",
            "FeatureVectorizer", "DictVectorizer", "CategoryMapper", "CastMap", "ZipMap"]),
    }
    .SelectMany(g => g.Names.Select(name => (name, g.Reason))).ToDictionary(pair => pair.name, pair => pair.Reason);

    static readonly Dictionary<string, Func<OnnxNode, OnnxValue?[]>> table =
        new[] { Elementwise, Logic, Reductions, Products, Shapes, Indexing, Creation, Windowed, Norms, Losses, Attentions, Recurrences,
                Training }
            .SelectMany(entries => entries).ToDictionary(entry => entry.Name, entry => entry.Body);

    /// <summary>What computes an operator; throws <see cref="NotSupportedByEngineException"/> where nothing does.</summary>
    public static Func<OnnxNode, OnnxValue?[]> Find(string op, string domain) =>
        domain is "" or "ai.onnx" or "ai.onnx.preview" or "ai.onnx.preview.training" && table.TryGetValue(op, out var body) ? body
        : outside.TryGetValue(op, out var reason) ? throw new NotSupportedByEngineException($"{op} ({reason})")
        : throw new NotSupportedByEngineException(domain == "" ? op : $"{domain}.{op}");

    /// <summary>
    /// f of numbers, all of the type of the first. Integers and truths become F64 on the CPU, which holds them exactly; the result is cut
    /// towards 0 and wrapped to their type.
    /// </summary>
    static OnnxValue Arithmetic(OnnxNode n, Func<Tensor[], Tensor> f, params Tensor[] x)
    {
        var dtype = x[0].DType;
        if (dtype.IsFloat) return f(Array.ConvertAll(x, t => t.To(dtype)));
        return Stored(f(Array.ConvertAll(x, t => t.To(Device.Cpu).To(DType.F64))), n.Type(0));
    }

    static OnnxValue[] Map(OnnxNode n, Func<Tensor, Tensor> f) => [Arithmetic(n, x => f(x[0]), n[0])];

    static OnnxValue[] Zip(OnnxNode n, Func<Tensor, Tensor, Tensor> f)
    {
        var (a, b) = Pair(n);
        return [Arithmetic(n, x => f(x[0], x[1]), a, b)];
    }

    /// <summary>Two inputs. Below version 7 the second may begin at an axis of the first.</summary>
    static (Tensor, Tensor) Pair(OnnxNode n)
    {
        var (a, b) = (n[0], n[1]);
        if (n.Opset >= 7) return (a, b);
        bool stretched = n.Flag("broadcast");
        int axis = n.Int("axis", a.Rank - b.Rank);
        return stretched && b.Rank < a.Rank
            ? (a, b.Reshape([.. b.Shape.Sizes, .. Enumerable.Repeat(1, a.Rank - (axis < 0 ? axis + a.Rank : axis) - b.Rank)])) : (a, b);
    }

    /// <summary>Numbers as a type holds them, on the default device.</summary>
    static OnnxValue Stored(Tensor x, ElementType type) =>
        new(Tensor.Of(Array.ConvertAll(x.ToDoubles(), v => type.Nearest(v)), x.Shape, type.DType), type);

    static int[] Range(int start, int count) => [.. Enumerable.Range(start, count)];

    static int Product(ReadOnlySpan<int> sizes) => Shape.Create(sizes).Count;
}
