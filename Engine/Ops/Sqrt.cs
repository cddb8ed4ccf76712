using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>√x; NaN below 0.</summary>
    public Tensor Sqrt() => Map<SqrtFormula>();

    readonly struct SqrtFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Sqrt(x);

        // 1/(2√x)
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0.5) / y;
    }

    static Case[] SqrtCases =>
    [
        Case.Of(x => x.Sqrt(), Input.Within(0.3, 3, [3, 17])),
    ];
}
