using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// The matrix product over the last two axes; leading axes broadcast: (…, n, k) × (…, k, m) → (…, n, m). Transposed and sliced
    /// operands are read in place. A vector on the left is a row, on the right a column; its axis is dropped from the result.
    /// <code>da = dy bᵀ,  db = aᵀ dy</code>
    /// </summary>
    public Tensor MatMul(Tensor b)
    {
        CheckFloat("MatMul");
        CheckPair(this, b, "MatMul");
        if (Rank == 0 || b.Rank == 0) throw new ArgumentException($"MatMul: {Shape} × {b.Shape}: a number is no matrix (use *)");
        if (Shape[^1] != b.Shape[b.Rank == 1 ? 0 : ^2])
            throw new ArgumentException($"MatMul: {Shape} × {b.Shape}: the inner sizes {Shape[^1]} and {b.Shape[b.Rank == 1 ? 0 : ^2]} differ");
        if (Rank == 1) return Unsqueeze(0).MatMul(b).Squeeze(b.Rank == 1 ? -1 : -2);
        if (b.Rank == 1) return MatMul(b.Unsqueeze(1)).Squeeze(-1);
        if (Rank > 2 && b.Rank == 2) return Reshape(Shape[..^1].Count, Shape[^1]).MatMul(b).Reshape([.. Shape.Sizes[..^1], b.Shape[^1]]);   // one tall product

        Shape lead = Shape.Broadcast(Shape[..^2], b.Shape[..^2]);
        var y = Empty([.. lead.Sizes, Shape[^2], b.Shape[^1]], DType, Device);
        Device.MatMul(this, b, y);
        return Record(y,
            [(this, dy => dy.MatMul(b.Transpose()).SumTo(Shape)),
             (b, dy => Transpose().MatMul(dy).SumTo(b.Shape))]);
    }

    static Case[] MatMulCases =>
    [
        Case.Of((a, b) => a.MatMul(b), [2, 3], [3, 4]) with { Bench = [[512, 512], [512, 512]] },
        Case.Of((a, b) => a.MatMul(b), [5, 2, 3], [3, 4]),
        Case.Of((a, b) => a.MatMul(b), [2, 1, 2, 3], [3, 3, 2]) with { Bench = [[48, 64, 32], [48, 32, 64]] },
        Case.Of((a, b) => a.MatMul(b), [2, 3], [5, 3, 4]),
        Case.Of((a, b) => a.MatMul(b.Transpose()), [7, 5], [6, 5]),
        Case.Of((a, b) => a.Transpose().MatMul(b), [5, 3], [5, 2]),
        Case.Of((a, b) => a.MatMul(b), [3], [3]),
        Case.Of((a, b) => a.MatMul(b), [3], [2, 3, 4]),
        Case.Of((a, b) => a.MatMul(b), [2, 4, 3], [3]),
        Case.Of(x => x.MatMul(x), [3, 3]),
    ];
}
