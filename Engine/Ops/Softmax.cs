using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// yᵢ = exp(xᵢ − max x)/Σⱼ exp(xⱼ − max x) along an axis; each such row sums to 1. A row of −∞ alone is NaN.
    /// <code>dx = y ⊙ (dy − Σⱼ yⱼ dyⱼ)</code>
    /// </summary>
    public Tensor Softmax(int axis = -1) => AlongLast(axis, x =>
    {
        var y = Like(x, "Softmax");
        Device.Softmax(x, y, log: false);
        return Record(y, [(x, dy => Recording ? y * (dy - (y * dy).Sum(-1, keep: true)) : SoftmaxBackward(y, dy, log: false))], "Softmax");
    });

    /// <summary>
    /// yᵢ = xᵢ − ln Σⱼ exp xⱼ along an axis.
    /// <code>dx = dy − exp(y) Σⱼ dyⱼ</code>
    /// </summary>
    public Tensor LogSoftmax(int axis = -1) => AlongLast(axis, x =>
    {
        var y = Like(x, "LogSoftmax");
        Device.Softmax(x, y, log: true);
        return Record(y, [(x, dy => Recording ? dy - y.Exp() * dy.Sum(-1, keep: true) : SoftmaxBackward(y, dy, log: true))], "LogSoftmax");
    });

    static Tensor SoftmaxBackward(Tensor y, Tensor dy, bool log)
    {
        var dx = Like(y);
        y.Device.SoftmaxBackward(y, dy.Contiguous(), dx, log);
        return dx;
    }

    // f works on the last axis of a contiguous tensor; another axis is brought there and back.
    Tensor AlongLast(int axis, Func<Tensor, Tensor> f, [System.Runtime.CompilerServices.CallerMemberName] string op = "")
    {
        CheckFloat(op);
        if (Rank == 0) return f(Reshape(1)).Reshape();
        int a = Shape.Axis(axis, op);
        return a == Rank - 1 ? f(Contiguous()) : f(Transpose(a, -1).Contiguous()).Transpose(a, -1);
    }

    static Case[] SoftmaxCases =>
    [
        Case.Of(x => x.Softmax(), [2, 4, 7]) with { Twin = t => t[0].Exp() / t[0].Exp().Sum(-1, keep: true), Bench = [[1024, 1024]] },
        Case.Of(x => x.Softmax(1), [2, 4, 3]),
        Case.Of(x => (x * 1e-3 + 1000).Softmax(), [3, 5]),      // equal logits far from zero: the maximum at work
        Case.Of(x => x.LogSoftmax(), [3, 5]) with { Twin = t => t[0] - t[0].Exp().Sum(-1, keep: true).Log(), Bench = [[1024, 1024]] },
        Case.Of(x => x.LogSoftmax(0), [3, 5]),
        Case.Of(x => x.Softmax() + x.LogSoftmax(), [2, 37]),      // rows longer than a register
    ];
}
