using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>ln x; −∞ at 0, NaN below.</summary>
    public Tensor Log() => Map<LogFormula>();

    readonly struct LogFormula : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Log(x);

        // 1/x
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1) / x;
    }

    static Case[] LogCases =>
    [
        Case.Of(x => x.Log(), Input.Within(0.3, 3, [3, 17])) with { Bench = [Input.Within(0.1, 10, [1024, 1024])] },
    ];
}
