namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// Where the numbers of an axis are in rising (falling) order, I32; equal ones stay in order, NaN counts as the largest.
    /// </summary>
    public Tensor ArgSort(int axis = -1, bool descending = false)
    {
        int a = Shape.Axis(axis);
        var x = DType.IsFloat ? Detach() : To(Device is CpuDevice ? DType.F64 : DType.F32);
        var order = Empty(Shape, DType.I32, Device);
        Device.ArgSort(x.Contiguous(), order, Shape[a], Shape[(a + 1)..].Count, descending);
        return order;
    }

    /// <summary>
    /// The numbers of an axis in rising (falling) order, and where they were (I32); equal ones stay in order, NaN counts as the largest.
    /// </summary>
    public (Tensor Values, Tensor Indices) Sort(int axis = -1, bool descending = false)
    {
        var order = ArgSort(axis, descending);
        return (TakeAlong(axis, order), order);
    }

    /// <summary>
    /// The k largest (smallest) numbers of an axis, the extreme one first, and where they are (I32); the first of equal ones.
    /// </summary>
    public (Tensor Values, Tensor Indices) TopK(int k, int axis = -1, bool largest = true)
    {
        int a = Shape.Axis(axis);
        if (k < 0 || k > Shape[a]) throw new ArgumentOutOfRangeException(nameof(k), $"TopK: axis {axis} of {Shape} has no {k} numbers");
        var order = ArgSort(a, largest).Slice(a, 0, k).Contiguous();
        return (TakeAlong(a, order), order);
    }

    /// <summary>The k-th smallest number of an axis (k = 1 is the smallest), and where it is (I32).</summary>
    public (Tensor Values, Tensor Indices) KthValue(int k, int axis = -1, bool keep = false)
    {
        int a = Shape.Axis(axis);
        if (k < 1 || k > Shape[a])
            throw new ArgumentOutOfRangeException(nameof(k), $"KthValue: axis {axis} of {Shape} has no {k}-th smallest number");
        return Picked(ArgSort(a).Slice(a, k - 1, 1), a, keep);
    }

    /// <summary>The median of an axis, the lower of two, and where it is (I32); the first NaN if there is one.</summary>
    public (Tensor Values, Tensor Indices) Median(int axis = -1, bool keep = false)
    {
        int a = Shape.Axis(axis), n = Shape[a];
        if (n == 0) throw new ArgumentException($"Median: axis {axis} of {Shape} is empty, so it has no median");
        var order = ArgSort(a);
        var middle = order.Slice(a, (n - 1) / 2, 1);
        if (!DType.IsFloat) return Picked(middle, a, keep);
        var wrong = IsNan();
        return Picked(Where(wrong.Any([a]).Unsqueeze(a), wrong.To(DType).ArgMax(a, keep: true), middle), a, keep);
    }

    (Tensor, Tensor) Picked(Tensor index, int axis, bool keep)
    {
        var values = TakeAlong(axis, index);
        return keep ? (values, index) : (values.Squeeze(axis), index.Squeeze(axis));
    }

    static Case[] SortCases =>
    [
        Case.Of(x => x.Sort(1).Values, [2, 5, 3]) with { Bench = [[64, 256, 16]] },
        Case.Of(x => x.Sort(descending: true).Values, [3, 4]) with { Bench = [[256, 256]] },
        Case.Of(x => x.TopK(2, 0).Values, [5, 3]),
        Case.Of(x => x.TopK(2, largest: false).Values, [3, 5]),
        Case.Of(x => x.KthValue(2).Values, [3, 5]),
        Case.Of(x => x.Median(0, keep: true).Values, [4, 3]),
    ];
}
