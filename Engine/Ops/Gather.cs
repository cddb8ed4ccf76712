using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// The rows of a table that the indices name: (rows, n), indices (…) I32 → (…, n). An embedding is this with a trained table.
    /// <code>dtable[i] = Σ dy over the places that named row i; 0 for the row <c>padding</c></code>
    /// </summary>
    public Tensor Gather(Tensor indices, int? padding = null)
    {
        if (Rank != 2 || indices.DType != DType.I32 || indices.Device != Device)
            throw new ArgumentException($"Gather: table {Shape} and indices {indices.Shape} ({indices.DType}, {indices.Device.Name}): the table must be (rows, n), the indices I32 on the same device");
        if (padding is { } row && (uint)row >= (uint)Shape[0]) throw new ArgumentOutOfRangeException(nameof(padding), $"Gather: the padding row {row} is not between 0 and {Shape[0] - 1}");
        var (table, at) = (Contiguous(), indices.Contiguous());
        var y = Empty([.. indices.Shape.Sizes, Shape[1]], DType, Device);
        Device.Gather(table, at, y);
        return Record(y, [(table, dy => ScatterAdd(dy, at, table.Shape, padding))]);
    }

    static Tensor ScatterAdd(Tensor dy, Tensor indices, Shape shape, int? padding)
    {
        var table = Empty(shape, dy.DType, dy.Device);
        dy.Device.ScatterAdd(dy.Contiguous(), indices, table);
        if (padding is { } row) dy.Device.Fill(table.Slice(0, row, 1), 0);
        return Record(table, [(dy, d => padding is null ? d.Gather(indices)
            : d.Gather(indices).MaskedFill(indices.EqualTo(padding.Value).Unsqueeze(-1), 0))]);
    }

    static Case[] GatherCases =>
    [
        Case.Of((table, i) => table.Gather(i, padding: 0), [5, 3], Input.Indices(5, [2, 4]) with { Low = 1 }),
        Case.Of((table, i) => table.Gather(i), [5, 3], Input.Indices(5, [2, 4])) with { Bench = [[1000, 256], Input.Indices(1000, [4096])] },
    ];
}
