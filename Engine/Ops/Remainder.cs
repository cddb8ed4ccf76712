using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>a − b trunc(a/b), exactly: the remainder that has the sign of a. NaN for b = 0 and for infinite a.</summary>
    public Tensor Fmod(Tensor b) => Zip<FmodFormula>(this, b);

    /// <summary>a − b ⌊a/b⌋: the remainder that has the sign of b. NaN for b = 0 and for infinite a.</summary>
    public Tensor Remainder(Tensor b) => Zip<RemainderFormula>(this, b);

    /// <summary>⌊a/b⌋ of the exact quotient; slope 0.</summary>
    public Tensor FloorDivide(Tensor b) => Zip<FloorDivideFormula>(this, b);

    // ∂/∂b −trunc(a/b)
    readonly struct FmodFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.Rem(a, b);
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => V.Of(1);
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => (y - a) / b;
    }

    // ∂/∂b −⌊a/b⌋
    readonly struct RemainderFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => WithSignOf(b, V.Rem(a, b));
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => V.Of(1);
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => (y - a) / b;

        // m, moved by b where the signs differ
        static V WithSignOf<V>(V b, V m) where V : struct, ILane<V> =>
            V.IfEqual(m, V.Of(0), m, V.IfLess(b, V.Of(0), V.IfLess(m, V.Of(0), m, m + b), V.IfLess(m, V.Of(0), m + b, m)));
    }

    // (a − fmod(a, b))/b is whole but for its rounding; one less where the remainder has the other sign than b
    readonly struct FloorDivideFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V>
        {
            V zero = V.Of(0), m = V.Rem(a, b), q = (a - m) / b, less = q - V.Of(1);
            q = V.IfEqual(m, zero, q, V.IfLess(b, zero, V.IfLess(m, zero, q, less), V.IfLess(m, zero, less, q)));
            return V.IfEqual(b, zero, a / b, V.Floor(q + V.Of(0.5)));
        }

        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => V.Of(0);
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => V.Of(0);
    }

    static Case[] RemainderCases =>
    [
        Case.Of((a, b) => a.Fmod(b), [3, 5], Input.Within(0.5, 0.9, [5])),
        Case.Of((a, b) => a.Remainder(b), [3, 5], Input.Within(-0.9, -0.5, [3, 1])),
        Case.Of((a, b) => a.FloorDivide(b) * a, [3, 5], Input.Within(0.5, 0.9, [5])),
    ];
}
