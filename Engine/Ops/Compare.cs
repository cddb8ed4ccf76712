using NanoAttention.Kernels;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>a &lt; b, number by number, as Bool; false where either is NaN.</summary>
    public static Tensor operator <(Tensor a, Tensor b) => Compare<LessFormula>(a, b, "Less");
    public static Tensor operator >(Tensor a, Tensor b) => Compare<LessFormula>(b, a, "Less");

    /// <summary>a ≤ b, number by number, as Bool; false where either is NaN.</summary>
    public static Tensor operator <=(Tensor a, Tensor b) => Compare<LessOrEqualFormula>(a, b, "LessOrEqual");
    public static Tensor operator >=(Tensor a, Tensor b) => Compare<LessOrEqualFormula>(b, a, "LessOrEqual");

    public static Tensor operator <(Tensor a, double b) => a < a.Constant(b);
    public static Tensor operator >(Tensor a, double b) => a > a.Constant(b);
    public static Tensor operator <=(Tensor a, double b) => a <= a.Constant(b);
    public static Tensor operator >=(Tensor a, double b) => a >= a.Constant(b);

    /// <summary>a = b, number by number, as Bool; false where either is NaN.</summary>
    public Tensor EqualTo(Tensor b) => Compare<EqualFormula>(this, b, "EqualTo");
    public Tensor EqualTo(double b) => EqualTo(Constant(b));
    public Tensor NotEqualTo(Tensor b) => !EqualTo(b);
    public Tensor NotEqualTo(double b) => !EqualTo(b);

    /// <summary>Not: true where a Bool tensor is false.</summary>
    public static Tensor operator !(Tensor a)
    {
        a.CheckBool("Not");
        return Where(a, Full([], 0, DType.Bool, a.Device), Full([], 1, DType.Bool, a.Device));
    }

    /// <summary>And, of two Bool tensors.</summary>
    public static Tensor operator &(Tensor a, Tensor b)
    {
        a.CheckBool("And");
        return Where(a, b, Full([], 0, DType.Bool, a.Device));
    }

    /// <summary>Or, of two Bool tensors.</summary>
    public static Tensor operator |(Tensor a, Tensor b)
    {
        a.CheckBool("Or");
        return Where(a, Full([], 1, DType.Bool, a.Device), b);
    }

    // s as a tensor of this one's type
    Tensor Constant(double s) =>
        DType.IsFloat || s == Math.Floor(s) && s is >= int.MinValue and <= int.MaxValue ? Full([], s, DType, Device)
        : throw new ArgumentException($"{s} is no value of the tensor {Shape} of type {DType} (convert it with To)");

    void CheckBool(string op)
    {
        if (DType != DType.Bool) throw new ArgumentException($"{op}: a tensor of type {DType} and shape {Shape}; it takes Bool");
    }

    /// <summary>Exclusive or, of two Bool tensors.</summary>
    public static Tensor operator ^(Tensor a, Tensor b)
    {
        a.CheckBool("Xor");
        return a.NotEqualTo(b);
    }

    static Tensor Compare<F>(Tensor a, Tensor b, string op, F f = default) where F : struct, IBinaryFunction
    {
        CheckPair(a, b, op);
        var shape = Shape.Broadcast(a.Shape, b.Shape, op);
        var y = Empty(shape, DType.Bool, a.Device, op);
        a.Device.Compare(f, a.Stretch(shape), b.Stretch(shape), y);
        return y;
    }

    readonly struct LessFormula : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.IfLess(a, b, V.Of(1), V.Of(0));
    }

    readonly struct LessOrEqualFormula : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.IfLess(a, b, V.Of(1), V.IfEqual(a, b, V.Of(1), V.Of(0)));
    }

    readonly struct EqualFormula : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.IfEqual(a, b, V.Of(1), V.Of(0));
    }
}
