using System.Text.RegularExpressions;

namespace NanoAttention;

/// <summary>
/// How another library names and lays out the weights of one of our models: it reads their state dict as ours, and writes ours as theirs.
/// <code>model.Load(WeightLayout.Gpt2.Read(model, Safetensors.Load(path).Tensors));</code>
/// </summary>
public sealed partial class WeightLayout
{
    // A tensor of ours is theirs, one below the other, each transposed or not.
    readonly Func<string, (string[] Names, bool Transposed)> theirs;
    readonly Func<string, string?> rename;

    WeightLayout(Func<string, (string[], bool)> theirs, Func<string, string?> rename) => (this.theirs, this.rename) = (theirs, rename);

    /// <summary>
    /// Hugging Face's GPT-2 for <see cref="Gpt"/>: its linear layers (Conv1D) hold (in, out). With or without the prefix
    /// <c>transformer.</c>; masks, and the output layer's copy of the embedding, are left out.
    /// </summary>
    public static WeightLayout Gpt2 { get; } = new(
        name => ([name], Conv1d().IsMatch(name)),
        name => Masks().IsMatch(name) || name == "lm_head.weight" ? null : name.StartsWith("transformer.", StringComparison.Ordinal) ? name : $"transformer.{name}");

    /// <summary>
    /// Hugging Face's BERT for <see cref="Bert"/>: query, key and value stand apart. Also with <c>gamma</c> and <c>beta</c>, as the first
    /// files have; the places' numbers, and the output layer's copies, are left out.
    /// </summary>
    public static WeightLayout Bert { get; } = new(
        BertNames,
        name => name.EndsWith(".position_ids", StringComparison.Ordinal) || name.StartsWith("cls.predictions.decoder.", StringComparison.Ordinal) ? null
            : name.Replace("LayerNorm.gamma", "LayerNorm.weight", StringComparison.Ordinal).Replace("LayerNorm.beta", "LayerNorm.bias", StringComparison.Ordinal));

    /// <summary>
    /// A state dict in this layout under the module's own names, for <see cref="Module.Load"/>, which reports what is missing. What the
    /// module does not know keeps its name, so that it is reported too.
    /// </summary>
    /// <exception cref="ArgumentException">Parts of one tensor do not fit together.</exception>
    public OrderedDictionary<string, Tensor> Read(Module module, IReadOnlyDictionary<string, Tensor> stored)
    {
        var left = new OrderedDictionary<string, Tensor>();
        foreach (var (name, value) in stored)
            if (rename(name) is { } known) left[known] = value;
        var own = new OrderedDictionary<string, Tensor>();
        using var _ = Reverse.NoGrad();
        foreach (var (name, _) in module.Named())
        {
            var (names, transposed) = theirs(name);
            if (!names.All(left.ContainsKey)) continue;
            Tensor[] parts = [.. names.Select(n => Turned(n, left[n], transposed))];
            foreach (string n in names) left.Remove(n);
            own[name] = parts.Length == 1 ? parts[0] : Tensor.Concat(parts);
        }
        foreach (var (name, value) in left) own[name] = value;
        return own;
    }

    /// <summary>Tensors under our names in this layout, for <see cref="Safetensors.Save"/>.</summary>
    public OrderedDictionary<string, Tensor> Write(IEnumerable<(string Name, Tensor Value)> named)
    {
        var stored = new OrderedDictionary<string, Tensor>();
        using var _ = Reverse.NoGrad();
        foreach (var (name, value) in named)
        {
            var (names, transposed) = theirs(name);
            int size = value.Rank == 0 ? 1 : value.Shape[0] / names.Length;
            for (int i = 0; i < names.Length; i++)
                stored[names[i]] = Turned(name, names.Length == 1 ? value : value.Slice(0, i * size, size), transposed).Contiguous();
        }
        return stored;
    }

    static Tensor Turned(string name, Tensor x, bool transposed) =>
        !transposed ? x : x.Rank == 2 ? x.Transpose() : throw new ArgumentException($"WeightLayout: {name} {x.Shape} should be a matrix, (in, out)");

    static (string[], bool) BertNames(string name)
    {
        if (Block().Match(name) is not { Success: true } found) return ([name], false);
        string block = $"bert.encoder.layer.{found.Groups[1].Value}", part = found.Groups[2].Value, kind = found.Groups[3].Value;
        return (part switch
        {
            "self_attn.in_proj_" => [.. new[] { "query", "key", "value" }.Select(which => $"{block}.attention.self.{which}.{kind}")],
            "self_attn.out_proj." => [$"{block}.attention.output.dense.{kind}"],
            "linear1." => [$"{block}.intermediate.dense.{kind}"],
            "linear2." => [$"{block}.output.dense.{kind}"],
            "norm1." => [$"{block}.attention.output.LayerNorm.{kind}"],
            _ => [$"{block}.output.LayerNorm.{kind}"],
        }, false);
    }

    [GeneratedRegex(@"\.(c_attn|c_proj|c_fc)\.weight$")]
    private static partial Regex Conv1d();

    [GeneratedRegex(@"(^|\.)h\.\d+\.attn\.(masked_)?bias$")]
    private static partial Regex Masks();

    [GeneratedRegex(@"^bert\.encoder\.layers\.(\d+)\.(self_attn\.in_proj_|self_attn\.out_proj\.|linear1\.|linear2\.|norm1\.|norm2\.)(weight|bias)$")]
    private static partial Regex Block();
}
