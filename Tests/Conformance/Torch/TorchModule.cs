using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>A layer of this project standing for one of PyTorch's: made from its keywords, with the case's weights, called with its arguments.</summary>
public sealed class TorchModule : ITorchModule
{
    public static TorchModule Create(string kind, Dictionary<string, object?> keywords, bool training, Dictionary<string, Tensor> values) =>
        throw new NotSupportedByEngineException($"nn.{kind}");

    public object? Call(IReadOnlyList<object?> values, IReadOnlyDictionary<string, object?> keywords) => throw new NotSupportedByEngineException("m");

    public Tensor Parameter(string name) => throw new NotSupportedByEngineException(name);

    public Tensor Buffer(string name) => throw new NotSupportedByEngineException(name);
}
