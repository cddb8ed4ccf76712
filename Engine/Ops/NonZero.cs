namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// Where the numbers are not 0, in row-major order: I32 (count, rank). The size depends on the numbers, so it waits for the device.
    /// </summary>
    public Tensor NonZero()
    {
        double[] values = ToDoubles();
        var places = new List<int>();
        var steps = Shape.RowMajor;
        int count = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] == 0) continue;
            count++;
            for (int axis = 0; axis < Rank; axis++) places.Add(i / steps[axis] % Shape[axis]);
        }
        return From<int>([.. places], [count, Rank], Device);
    }

    // I32 (count): the positions of what is true, in row-major order.
    static Tensor Trues(Tensor mask)
    {
        var positions = new List<int>();
        foreach (var (i, value) in mask.ToArray<bool>().Index())
            if (value) positions.Add(i);
        return From<int>([.. positions], [positions.Count], mask.Device);
    }

    /// <summary>
    /// What stands where a mask (Bool, the shape of the first axes) is true: (count, other axes …). Waits for the device.
    /// </summary>
    public Tensor MaskedSelect(Tensor mask)
    {
        CheckMask(mask, "MaskedSelect");
        return Reshape([mask.Count, .. Shape.Sizes[mask.Rank..]]).IndexSelect(0, Trues(mask));
    }

    /// <summary>This with a source's numbers, in order, where a mask (Bool, this shape) is true. Waits for the device.</summary>
    public Tensor MaskedScatter(Tensor mask, Tensor source)
    {
        CheckMask(mask, "MaskedScatter");
        CheckPair(this, source, "MaskedScatter");
        var at = Trues(mask);
        if (mask.Rank != Rank || source.Count < at.Count)
            throw new ArgumentException($"MaskedScatter: {at.Count} places of {Shape} are masked by {mask.Shape}; the source {source.Shape} must have as many numbers, and the mask this shape");
        return PutRows(at, source.Reshape(source.Count).Slice(0, 0, at.Count), 1, ScatterReduction.None);
    }

    /// <summary>The slices along an axis for which a condition (Bool, at most as long) is true. Waits for the device.</summary>
    public Tensor Compress(int axis, Tensor condition)
    {
        condition.CheckBool("Compress");
        if (condition.Rank != 1 || condition.Count > Shape[Shape.Axis(axis)])
            throw new ArgumentException($"Compress: the condition {condition.Shape} is no vector of at most {Shape[Shape.Axis(axis)]}, the size of axis {axis} of {Shape}");
        return IndexSelect(axis, Trues(condition));
    }

    void CheckMask(Tensor mask, string op)
    {
        mask.CheckBool(op);
        if (mask.Rank > Rank || Shape[..mask.Rank] != mask.Shape)
            throw new ArgumentException($"{op}: the mask {mask.Shape} does not have the first sizes of {Shape}");
    }

    static Case[] NonZeroCases =>
    [
        Case.Of((x, mask) => x.MaskedSelect(mask), [3, 4], Input.Mask([3, 4])),
        Case.Of((x, mask) => x.MaskedSelect(mask), [3, 2, 4], Input.Mask([3])),
        Case.Of((x, mask, s) => x.MaskedScatter(mask, s), [3, 4], Input.Mask([3, 4]), [12]),
        Case.Of((x, keep) => x.Compress(1, keep), [2, 5], Input.Mask([4])),
    ];
}
