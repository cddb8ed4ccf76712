using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] References =>
    [
        ("ref.detached_square(x)", a => a.Tensor("x") * a.Tensor("x").Detach()),
    ];
}
