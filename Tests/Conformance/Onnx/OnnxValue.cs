namespace NanoAttention.Tests.Conformance;

/// <summary>Numbers on a graph's edge, and what ONNX calls their type; null until the node that yields them says so.</summary>
public sealed record OnnxValue(Tensor Tensor, ElementType? Type = null)
{
    public static implicit operator OnnxValue(Tensor tensor) => new(tensor);
}
