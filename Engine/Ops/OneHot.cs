namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>Indices (…) I32 → (…, count): 1 at the index, else 0. Throws where an index is none of count.</summary>
    public Tensor OneHot(int count, DType? dtype = null)
    {
        var y = Zeros([.. Shape.Sizes, count], dtype ?? Defaults.DType, Device);
        return y.Scatter(-1, Unsqueeze(-1), 1);
    }

    /// <summary>
    /// How often each of 0, 1, … (at least <paramref name="least"/> of them) is among indices (n) I32, or the sum of its weights. Waits for
    /// the device.
    /// </summary>
    public Tensor BinCount(Tensor? weights = null, int least = 0)
    {
        if (DType != DType.I32 || Rank != 1) throw new ArgumentException($"BinCount: {Shape} ({DType}) is no vector of I32");
        int count = ToArray<int>().Append(least - 1).Max() + 1;
        var each = weights ?? Ones(Shape, Device is CpuDevice ? DType.F64 : DType.F32, Device);
        var sums = Zeros([count], each.DType, Device).IndexAdd(0, this, each);
        return weights is null ? sums.To(DType.I32) : sums;
    }

    static Case[] OneHotCases =>
    [
        Case.Of((i, x) => i.OneHot(5) * x, Input.Indices(5, [2, 3]), [2, 3, 5]),
        Case.Of((i, w) => i.BinCount(w, 6), Input.Indices(5, [7]), [7]),
    ];
}
