using System.Text.Json;
using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>A straight-line program: every node's value, and the gradients of Σ output · cotangent in its leaves.</summary>
public sealed class ProgramCase(TorchCase vector, IReadOnlyDictionary<string, Tensor> file, JsonElement operations)
{
    readonly Dictionary<string, Tensor> values = [];

    public void Check()
    {
        var leaves = vector.Strings("leaves");
        foreach (string leaf in leaves) values[leaf] = Vectors.Converted(Read($"in/{leaf}")).RequireGrad();
        foreach (var node in vector.Objects("nodes")) Run(node);

        Tensor? total = null;
        foreach (string output in vector.Strings("backwardFrom"))
        {
            var term = (values[output] * Vectors.Converted(Read($"cot/{output}"))).Sum();
            total = total is null ? term : total + term;
        }
        var gradients = Reverse.Gradients(total!, [.. leaves.Select(leaf => values[leaf])]);
        foreach (var (leaf, gradient) in leaves.Zip(gradients))
            if (file.ContainsKey(Key($"grad/{leaf}"))) Compare($"grad/{leaf}", gradient ?? Tensor.Zeros(values[leaf].Shape));
            else if (gradient is not null) Close.Check($"grad/{leaf}", gradient.ToDoubles(), new double[gradient.Count], 0, vector.Absolute);
    }

    void Run(JsonElement node)
    {
        var names = node.GetProperty("args").EnumerateObject().ToDictionary(a => a.Name, a => TorchCase.ToPython(a.Value));
        foreach (var operand in node.GetProperty("in").EnumerateObject()) names[operand.Name] = values[operand.Value.GetString()!];
        string expression = operations.GetProperty(node.GetProperty("op").GetString()!).GetString()!, result = node.GetProperty("out").GetString()!;
        values[result] = (Tensor)Evaluator.Evaluate(expression, new TorchObjects(names))!;
        Compare(file.ContainsKey(Key($"out/{result}")) ? $"out/{result}" : $"mid/{result}", values[result]);
    }

    void Compare(string name, Tensor actual)
    {
        if (Defaults.DType == DType.F32) Close.CheckSingle(name, actual, Read(name), cancelled: 1e-4);     // many steps
        else Close.Check(name, actual, Read(name), vector.Relative, vector.Absolute);
    }

    Tensor Read(string name) => file[Key(name)];

    string Key(string name) => $"{vector.Name}/t/{name}";
}
