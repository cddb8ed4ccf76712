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
        CheckFloat("Linear");
        CheckPair(this, weight, "Linear");
        if (weight.Rank != 2 || Rank == 0 || Shape[^1] != weight.Shape[1])
            throw new ArgumentException($"Linear: {Shape} does not fit the weight {weight.Shape}: it must be (out, in) with in the last size of x");
        if (bias is not null)
        {
            CheckPair(this, bias, "Linear");
            if (bias.Shape != weight.Shape[..1] && (Rank != 2 || bias.Shape != Shape.Create(Shape[0], weight.Shape[0])))
                throw new ArgumentException($"Linear: the bias {bias.Shape} does not fit {Shape} and the weight {weight.Shape}: it must be ({weight.Shape[0]})");
        }
        if (Rank != 2) return Reshape(Shape[..^1].Count, Shape[^1]).Linear(weight, bias).Reshape([.. Shape.Sizes[..^1], weight.Shape[0]]);

        var y = Empty([Shape[0], weight.Shape[0]], DType, Device);
        var transposed = weight.View([weight.Shape[1], weight.Shape[0]], [weight.Strides[1], weight.Strides[0]], weight.Offset);
        Device.MatMul(this, transposed, y, bias?.Contiguous().Stretch(y.Shape));
        return Record(y, bias is null
            ? [(this, dy => dy.MatMul(weight)), (weight, dy => dy.Transpose().MatMul(this))]
            : [(this, dy => dy.MatMul(weight)), (weight, dy => dy.Transpose().MatMul(this)), (bias, dy => dy.SumTo(bias.Shape))]);
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
}
