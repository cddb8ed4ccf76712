using System.Runtime.CompilerServices;
using NanoAttention.Kernels;
using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>y = f(x), number by number; a floating-point tensor of the same shape. The way to an elementwise op of one's own.</summary>
    public Tensor Map<F>(F f = default, [CallerMemberName] string op = "") where F : struct, IUnary
    {
        CheckFloat(op);
        var x = Contiguous();
        var y = Like(x, op);
        if (Device is CpuDevice cpu) cpu.MapHere(f, x, y);
        else Device.Map(f, x, y);
        return Record(y, [(x, dy => Recording ? dy * x.Map(new Derivative<F>(f), op + "′") : MapBackward(f, x, y, dy))], op);
    }

    static Tensor MapBackward<F>(F f, Tensor x, Tensor y, Tensor dy) where F : struct, IUnary
    {
        var dx = Like(x);
        dy = dy.Contiguous();
        if (x.Device is CpuDevice cpu) cpu.MapBackwardHere(f, x, y, dy, dx);
        else x.Device.MapBackward(f, x, y, dy, dx);
        return dx;
    }

    /// <summary>y = f(a, b), number by number, after stretching both to a common shape.</summary>
    public static Tensor Zip<F>(Tensor a, Tensor b, F f = default, [CallerMemberName] string op = "") where F : struct, IBinary
    {
        var y = ZipRaw(a, b, f, op);
        return Record(y,
            [(a, dy => (Recording ? dy * Zip(a, b, new PartialA<F>(f), op + "′") : ZipBackward(f, a, b, y, dy, true)).SumTo(a.Shape)),
             (b, dy => (Recording ? dy * Zip(a, b, new PartialB<F>(f), op + "′") : ZipBackward(f, a, b, y, dy, false)).SumTo(b.Shape))], op);
    }

    // Not recorded.
    static Tensor ZipRaw<F>(Tensor a, Tensor b, F f, string op) where F : struct, IBinaryFunction
    {
        a.CheckFloat(op);
        CheckPair(a, b, op);
        if (a.Shape != b.Shape)
        {
            var shape = Shape.Broadcast(a.Shape, b.Shape, op);
            (a, b) = (a.Stretch(shape), b.Stretch(shape));
        }
        var y = Like(a, op);
        if (a.Device is CpuDevice cpu) cpu.ZipHere(f, a, b, y);
        else a.Device.Zip(f, a, b, y);
        return y;
    }

    static Tensor ZipBackward<F>(F f, Tensor a, Tensor b, Tensor y, Tensor dy, bool first) where F : struct, IBinary
    {
        var d = Like(y);
        y.Device.ZipBackward(f, a.Stretch(y.Shape), b.Stretch(y.Shape), y, dy.Contiguous(), d, first);
        return d;
    }

    void CheckFloat(string op)
    {
        if (!DType.IsFloat) throw NoFloat(op);
    }

    ArgumentException NoFloat(string op) => new($"{op}: a tensor of type {DType} and shape {Shape}; it takes F32 or F64 (convert with To)");

    static void CheckPair(Tensor a, Tensor b, string op)
    {
        if (a.DType != b.DType || a.Device != b.Device) throw NoPair(a, b, op);
    }

    static ArgumentException NoPair(Tensor a, Tensor b, string op) => new(a.DType != b.DType
        ? $"{op}: {a.Shape} is {a.DType} and {b.Shape} is {b.DType}; the types must be the same (convert with To)"
        : $"{op}: {a.Shape} is on {a.Device.Name} and {b.Shape} on {b.Device.Name}; move one with To");
}
