using NanoAttention.Kernels;
using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// y = x Wᵀ + b over the last axis: (…, in) → (…, out), with W (out, in) and b (out) as PyTorch keeps them. To a matrix
    /// x (n, in) b may also be (n, out), a row for each of x's: so a recurrent step adds what it gets from its input.
    /// <code>dx = dy W,  dW = dyᵀ x,  db = Σ dy</code>
    /// </summary>
    public Tensor Linear(Tensor weight, Tensor? bias = null)
    {
        CheckLinear(weight, bias);
        if (Rank != 2) return Reshape(Shape[..^1].Count, Shape[^1]).Linear(weight, bias).Reshape([.. Shape.Sizes[..^1], weight.Shape[0]]);
        var y = Empty([Shape[0], weight.Shape[0]], DType, Device);
        Device.MatMul(this, Turned(weight), y, bias?.Contiguous().Stretch(y.Shape));
        return RecordLinear(weight, bias, y);
    }

    /// <summary>
    /// y = f(x Wᵀ + b). Where no gradient is wanted it takes one pass: the sums go through f before they leave the cache. f′ would need
    /// the sums too, and to write both at once costs the time it saves (measured).
    /// </summary>
    /// <param name="op">What f is called in graphs and profiles.</param>
    public Tensor Linear<F>(Tensor weight, Tensor? bias, F f, string op = "Activation") where F : struct, IUnary
    {
        if (WillRecord([this, weight, bias])) return Linear(weight, bias).Map(f, op);
        CheckLinear(weight, bias);
        if (Rank != 2) return Reshape(Shape[..^1].Count, Shape[^1]).Linear(weight, bias, f, op).Reshape([.. Shape.Sizes[..^1], weight.Shape[0]]);
        var y = Empty([Shape[0], weight.Shape[0]], DType, Device);
        Device.MatMul(f, this, Turned(weight), y, bias?.Contiguous().Stretch(y.Shape));
        return RecordLinear(weight, bias, y);
    }

    Tensor RecordLinear(Tensor weight, Tensor? bias, Tensor y) => Record(y, bias is null
        ? [(this, dy => dy.MatMul(weight)), (weight, dy => dy.Transpose().MatMul(this))]
        : [(this, dy => dy.MatMul(weight)), (weight, dy => dy.Transpose().MatMul(this)), (bias, dy => dy.SumTo(bias.Shape))], "Linear");

    // Wᵀ, read in place
    static Tensor Turned(Tensor weight) => weight.View([weight.Shape[1], weight.Shape[0]], [weight.Strides[1], weight.Strides[0]], weight.Offset);

    void CheckLinear(Tensor weight, Tensor? bias)
    {
        CheckFloat("Linear");
        CheckPair(this, weight, "Linear");
        if (weight.Rank != 2 || Rank == 0 || Shape[^1] != weight.Shape[1])
            throw new ArgumentException($"Linear: {Shape} does not fit the weight {weight.Shape}: it must be (out, in) with in the last size of x");
        if (bias is null) return;
        CheckPair(this, bias, "Linear");
        if (bias.Shape != weight.Shape[..1] && (Rank != 2 || bias.Shape != Shape.Create(Shape[0], weight.Shape[0])))
            throw new ArgumentException($"Linear: the bias {bias.Shape} does not fit {Shape} and the weight {weight.Shape}: it must be ({weight.Shape[0]})");
    }

    static Case[] LinearCases =>
    [
        Case.Of((x, w, b) => x.Linear(w, b), [2, 3, 4], [5, 4], [5]) with
        {
            Twin = t => t[0].MatMul(t[1].Transpose()) + t[2], Bench = [[768, 128], [512, 128], [512]],
        },
        Case.Of((x, w, b) => x.Linear(w, b), [3, 4], [5, 4], [3, 5]) with { Twin = t => t[0].MatMul(t[1].Transpose()) + t[2] },
        Case.Of((x, w) => x.Linear(w), [3, 4], [2, 4]),
        Case.Of((x, w) => x.Linear(w), [4], [3, 4]) with { Twin = t => t[0].MatMul(t[1].Transpose()) },
    ];

    static Case[] LinearActivationCases =>
    [
        Case.Of((x, w, b) => x.Linear(w, b, default(GeluFormula)), [2, 3, 4], [5, 4], [5]) with
        {
            Twin = t => t[0].Linear(t[1], t[2]).Gelu(), Bench = [[768, 128], [512, 128], [512]],
        },
        Case.Of((x, w, b) => x.Linear(w, b, default(GeluTanhFormula)), [7, 5], [19, 5], [19]) with { Twin = t => t[0].Linear(t[1], t[2]).GeluTanh() },
        Case.Of((x, w, b) => x.Linear(w, b, default(TanhFormula)), [3, 4], [5, 4], [3, 5]) with { Twin = t => t[0].Linear(t[1], t[2]).Tanh() },
        Case.Of((x, w) => x.Linear(w, null, default(ReluFormula)), [4], [3, 4]) with { Twin = t => t[0].Linear(t[1]).Relu() },
        Case.Of((x, w) => x.Linear(w, null, default(SigmoidFormula)), Input.Within(-0.1, 0.1, [5, 531]), [3, 531]) with
        {
            Twin = t => t[0].Linear(t[1]).Sigmoid(),
        },
        Case.Of((x, w) => x.Linear(w, null, default(SiluFormula)), [1, 3], [33, 3]) with { Twin = t => t[0].Linear(t[1]).Silu() },
    ];
}
