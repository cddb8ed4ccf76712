using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Scans =>
    [
        ("flip(input, *dims)", a => a.Ints("dims") is { Length: > 0 } axes ? a.Input().Flip(axes) : a.Input()),
        ("fliplr(input)", a => a.Input().Flip(1)),
        ("flipud(input)", a => a.Input().Flip(0)),
        ("cumsum(input, dim, dtype=None)", a => Scanned(a, (x, axis) => x.CumSum(axis))),
    ];

    /// <summary>A scan along dim; a tensor of rank 0 is one number.</summary>
    static Tensor Scanned(Arguments a, Func<Tensor, int, Tensor> scan)
    {
        var x = a["dtype"] is DType type ? a.Input().To(type) : a.Input();
        return x.Rank == 0 ? scan(x.Reshape(1), a.Int("dim")).Reshape() : scan(x, a.Int("dim"));
    }
}
