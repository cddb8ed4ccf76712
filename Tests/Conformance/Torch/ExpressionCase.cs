using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>
/// A case with an expression: its outputs, the gradients of Σ output · cotangent, where given the gradients of those gradients along
/// directions, and the buffers of its module afterwards.
/// </summary>
public sealed class ExpressionCase(TorchCase vector, IReadOnlyDictionary<string, Tensor> file)
{
    readonly Dictionary<string, Tensor> leaves = [];
    readonly Dictionary<string, object?> names = [];
    TorchModule? module;

    // Attention that may look nowhere is NaN in PyTorch, and here 0 with finite gradients; so is the slope of softsign at ±∞, here 0.
    readonly bool finiteForNaN = vector.Group is "attention" or "transformer" || vector.Op == "softsign";

    public void Check()
    {
        Bind();
        var outputs = Flatten(Evaluator.Evaluate(vector.Expression, new TorchObjects(names)));
        var listed = vector.Entries("outputs");
        if (outputs.Count != listed.Count) throw new MismatchException($"{outputs.Count} outputs, expected {listed.Count}");
        foreach (var (entry, output) in listed.Zip(outputs)) Compare(entry, output);
        foreach (var entry in vector.Entries("buffersAfter")) Compare(entry, module![entry.Name]);
        CheckGradients(listed.Zip(outputs).ToDictionary(p => p.First.Name, p => p.Second));
    }

    void Bind()
    {
        foreach (var (name, value) in vector.Members("args")) names[name] = value;
        foreach (var entry in vector.Entries("inputs"))
        {
            var x = Read(entry);
            names[entry.Name] = entry.NoGrad || !x.DType.IsFloat ? x : leaves[$"in {entry.Name}"] = x.RequireGrad();
        }
        if (vector.Module is not { } kind) return;
        var values = vector.Entries("params").Concat(vector.Entries("buffers")).ToDictionary(e => e.Name, Read);
        names["m"] = module = TorchModule.Create(kind, vector.Members("kwargs"), vector.Training, values);
        foreach (var entry in vector.Entries("params")) leaves[$"param {entry.Name}"] = module[entry.Name];
    }

    void CheckGradients(Dictionary<string, Tensor> outputs)
    {
        var second = vector.Entries("grads2");
        Tensor? total = null;
        foreach (var entry in vector.Entries("cotangents"))
        {
            var cotangent = Read(entry);
            if (second.Count > 0) leaves[$"cot {entry.Of}"] = cotangent.RequireGrad();
            if (!outputs[entry.Of!].RequiresGrad && second.Count == 0) continue;
            var term = (outputs[entry.Of!] * cotangent).Sum();
            total = total is null ? term : total + term;
        }
        var first = vector.Entries("grads");
        var gradients = Gradients(total, first, create: second.Count > 0);
        foreach (var entry in first) Compare(entry, gradients[Key(entry)]);
        if (second.Count == 0) return;

        Tensor? along = null;
        foreach (var direction in vector.Entries("directions"))
        {
            if (gradients[Key(direction)] is not { } gradient) continue;
            var term = (gradient * Read(direction)).Sum();
            along = along is null ? term : along + term;
        }
        var again = Gradients(along, second, create: false);
        foreach (var entry in second) Compare(entry, again[Key(entry)]);
    }

    Dictionary<string, Tensor?> Gradients(Tensor? root, IReadOnlyList<Entry> of, bool create)
    {
        if (root is null || !root.RequiresGrad) return of.ToDictionary(Key, _ => (Tensor?)null);
        var gradients = Reverse.Gradients(root, [.. of.Select(e => leaves[Key(e)])], createGraph: create);
        return of.Zip(gradients).ToDictionary(p => Key(p.First), p => p.Second);
    }

    /// <summary>An absent value and an absent expectation both stand for zeros.</summary>
    void Compare(Entry entry, Tensor? actual)
    {
        if (entry.Key is null)
        {
            if (actual is not null) Close.Check(entry.Name, actual.ToDoubles(), new double[actual.Count], 0, vector.Absolute);
            return;
        }
        bool slope = entry.Kind is not null;
        var expected = file[entry.Key];
        if (Defaults.DType == DType.F32)
        {
            Close.CheckSingle(slope ? $"gradient of {entry.Name}" : entry.Name, actual ?? Tensor.Zeros(expected.Shape), expected, finiteForNaN);
            return;
        }
        actual ??= Tensor.Zeros(expected.Shape);
        double relative = vector.Relative, absolute = vector.Absolute;
        if (slope && IsOp("hardsigmoid")) relative = 1e-7;              // PyTorch 1.13 multiplies it by 1/6 rounded to a float
        if (slope && IsOp("sinc")) absolute = Math.Max(absolute, 3e-8); // (cos πx − sinc x)/x, which cancels near 0
        if (slope && IsOp("hardswish")) expected = Tensor.Where(leaves[Key(entry)].Detach().EqualTo(3), actual, expected);  // 1 or 1.5 there: it depends on how many there are
        if (slope && IsOp("digamma")) expected = expected.MaskedFill(expected > 1e20, double.PositiveInfinity);             // at a pole, of sin πx rounded
        Close.Check(slope ? $"gradient of {entry.Name}" : entry.Name, actual, expected, relative, absolute, finiteForNaN);

        bool IsOp(string name) => vector.Op.StartsWith(name, StringComparison.Ordinal);
    }

    Tensor Read(Entry entry) => Vectors.Converted(file[entry.Key!]);

    static string Key(Entry entry) => $"{entry.Kind} {entry.Of}";

    static List<Tensor> Flatten(object? value) => value switch
    {
        null => [],
        Tensor x => [x],
        IReadOnlyList<object?> items => [.. items.SelectMany(Flatten)],
        _ => throw new MismatchException($"{Plain.TypeName(value)} is no tensor"),
    };
}
