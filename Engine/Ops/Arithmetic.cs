using NanoAttention.Kernels;
using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    public static Tensor operator +(Tensor a, Tensor b) => Record(ZipRaw(a, b, default(AddFormula), "Add"), a, b,
        (dy, a, b) => dy.SumTo(a.Shape),
        (dy, a, b) => dy.SumTo(b.Shape), "Add");

    public static Tensor operator -(Tensor a, Tensor b) => Record(ZipRaw(a, b, default(SubtractFormula), "Subtract"), a, b,
        (dy, a, b) => dy.SumTo(a.Shape),
        (dy, a, b) => -dy.SumTo(b.Shape), "Subtract");

    public static Tensor operator *(Tensor a, Tensor b) => Record(ZipRaw(a, b, default(MultiplyFormula), "Multiply"), a, b,
        (dy, a, b) => ProductTo(dy, b, a.Shape),
        (dy, a, b) => ProductTo(dy, a, b.Shape), "Multiply");

    // (dy ⊙ x) summed to a shape; without keeping the products where each sum is over numbers beside each other, as for a gate a channel.
    static Tensor ProductTo(Tensor dy, Tensor x, Shape shape)
    {
        if (Recording || shape == dy.Shape || x.Shape != dy.Shape || shape.Rank != dy.Rank || shape.Count == 0 || dy.Device is not CpuDevice cpu) return (dy * x).SumTo(shape);
        int axis = 0;
        while (shape[axis] == dy.Shape[axis]) axis++;
        if (shape[axis..].Count != 1) return (dy * x).SumTo(shape);
        var y = Empty(shape, dy.DType, cpu, "Multiply");
        cpu.Dots(dy.Contiguous(), x.Contiguous(), y);
        return y;
    }

    public static Tensor operator /(Tensor a, Tensor b) => Zip<DivideFormula>(a, b, default, "Divide");

    public static Tensor operator -(Tensor x) => x.Map(new AffineFormula(-1, -0.0), "Negate");
    public static Tensor operator +(Tensor x, double s) => x.Map(new AffineFormula(1, s), "Add");
    public static Tensor operator +(double s, Tensor x) => x.Map(new AffineFormula(1, s), "Add");
    public static Tensor operator -(Tensor x, double s) => x.Map(new AffineFormula(1, -s), "Subtract");
    public static Tensor operator -(double s, Tensor x) => x.Map(new AffineFormula(-1, s), "Subtract");
    public static Tensor operator *(Tensor x, double s) => x.Map(new AffineFormula(s, -0.0), "Multiply");
    public static Tensor operator *(double s, Tensor x) => x.Map(new AffineFormula(s, -0.0), "Multiply");
    public static Tensor operator /(Tensor x, double s) => x.Map(new DivideByFormula(s), "Divide");
    public static Tensor operator /(double s, Tensor x) => x.Map(new DivideIntoFormula(s), "Divide");

    readonly struct AddFormula : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => a + b;
    }

    readonly struct SubtractFormula : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => a - b;
    }

    readonly struct MultiplyFormula : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => a * b;
    }

    // ∂/∂b a/b = −y/b
    readonly struct DivideFormula : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => a / b;
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => V.Of(1) / b;
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => -y / b;
    }

    // a shift of −0 changes no number, not even −0
    readonly struct AffineFormula(double scale, double shift) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x * V.Of(scale) + V.Of(shift);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(scale);
    }

    readonly struct DivideByFormula(double s) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x / V.Of(s);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(1 / s);
    }

    readonly struct DivideIntoFormula(double s) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Of(s) / x;
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => -y / x;
    }

    static Case[] ArithmeticCases =>
    [
        Case.Of((a, b) => a + b, [4, 1], [1, 5]) with { Bench = [[1024, 1024], [1024, 1024]] },
        Case.Of((a, b) => a - b, [2, 3, 4], [3, 1]),
        Case.Of((a, b) => a * b, [2, 3], [3]),
        Case.Of((a, b) => a * b, [2, 3, 2, 9], [2, 3, 1, 1]),
        Case.Of((a, b) => a / b, [3, 5], Input.Within(0.5, 2, [3, 1])),
        Case.Of(x => x * x, [7]),
        Case.Of(x => -x, [3, 2]),
        Case.Of(x => 2 * x + 1 - (3 - x) * 0.5 + (x - 1), [2, 3]),
        Case.Of(x => x / 0.3, [5]),
        Case.Of(x => 3 / x, Input.Within(0.5, 2, [5])),
    ];
}
