using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>What attention is computed of, and how.</summary>
public readonly struct AttentionInputs(Cpu.AttentionShape shape, Heads q, Heads k, Heads v, AttentionScores scores)
{
    readonly AttentionScores scores = scores;

    public readonly Heads Q = q, K = k, V = v;
    public readonly int Heads = shape.Heads, Queries = shape.Queries, Keys = shape.Keys;

    /// <summary>The number of heads in the whole batch.</summary>
    public readonly int Count = shape.Batch * shape.Heads;

    /// <summary>Those of one head of the whole batch.</summary>
    public AttentionHead Of(int number) => new(Q.Of(number, Heads), K.Of(number, Heads), V.Of(number, Heads), scores.Of(number));

    /// <summary>Of numbers (batch, heads, queries) those of one head, as a row.</summary>
    public Head Row(ArrayView<float> x, int number) => new(x, number * Queries, 0, 1, Queries, 0);

    /// <summary>Of numbers (batch, heads, queries, keys), dense, those of one head.</summary>
    public Head Weights(ArrayView<float> x, int number) => new(x, number * Queries * Keys, Keys, Queries, Keys, 0);
}

/// <summary>What one head is computed of.</summary>
public readonly struct AttentionHead(Head q, Head k, Head v, AttentionScores scores)
{
    public readonly Head Q = q, K = k, V = v;
    public readonly AttentionScores Scores = scores;
}

/// <summary>What a group does at a time: a block of queries or keys, of one head, and a slice of their results.</summary>
public readonly struct AttentionItem(int item, int slices, int heads)
{
    public readonly int Slice = item % slices, Head = item / slices % heads, Block = item / slices / heads;
}

/// <summary>An operand (batch, heads, rows, width); a row's numbers are neighbours.</summary>
/// <param name="aligned">Whether it begins at a multiple of 16 bytes.</param>
public readonly struct Heads(ArrayView<float> numbers, Cpu.AttentionStrides strides, int rows, int width, bool aligned)
{
    readonly ArrayView<float> numbers = numbers;
    readonly int batch = strides.Batch, head = strides.Head, row = strides.Row, rows = rows;

    // whether every four neighbours, counted from a row's first, can be loaded at once
    readonly int wide = aligned && rows > 0 && width > 0 && (strides.Batch | strides.Head | strides.Row | width) % 4 == 0 ? 1 : 0;

    public readonly int Width = width;

    /// <summary>Head <paramref name="number"/> of the whole batch, of <paramref name="heads"/> each.</summary>
    public Head Of(int number, int heads) => new(numbers, number / heads * batch + number % heads * head, row, rows, Width, wide);
}

/// <summary>
/// A matrix (rows, width): what one head has of an operand, from number <paramref name="start"/> on, its rows so far apart.
/// </summary>
public readonly struct Head(ArrayView<float> numbers, int start, int step, int rows, int width, int wide)
{
    public readonly int Rows = rows, Width = width;

    /// <summary>Four neighbours of a row; 0 beyond the matrix.</summary>
    public F4 Four(int row, int column) => wide != 0 ? Wide(row, column) : Narrow(row, column);

    /// <summary>Four times that, in rows so far apart: with no branch between the loads, so that all are under way at once.</summary>
    public Rows4 Four(int row, int apart, int column) => wide != 0
        ? new(Wide(row, column), Wide(row + apart, column), Wide(row + 2 * apart, column), Wide(row + 3 * apart, column))
        : new(Narrow(row, column), Narrow(row + apart, column), Narrow(row + 2 * apart, column), Narrow(row + 3 * apart, column));

    F4 Narrow(int row, int column)
    {
        int at = start + row * step + column, count = row < Rows ? Width - column : 0;
        return new(count > 0 ? numbers[at] : 0, count > 1 ? numbers[at + 1] : 0,
            count > 2 ? numbers[at + 2] : 0, count > 3 ? numbers[at + 3] : 0);
    }

    F4 Wide(int row, int column)
    {
        var four = numbers.Cast<F4>()[(start + Math.Min(row, Rows - 1) * step + Math.Min(column, Width - 4)) >> 2];
        bool isInside = (row < Rows) & (column < Width);
        return new(Utilities.Select(isInside, four.X, 0), Utilities.Select(isInside, four.Y, 0),
            Utilities.Select(isInside, four.Z, 0), Utilities.Select(isInside, four.W, 0));
    }

    /// <summary>Eight neighbours of the first row.</summary>
    public F8 Eight(int column) => new(Four(0, column), Four(0, column + 4));

    /// <summary>Stores eight rows of four neighbours, as far as they are in the matrix.</summary>
    public void Put(int row, int column, Tile tile)
    {
        for (int i = 0; i < 8; i++)
        {
            var four = tile.Row(i);
            int at = start + (row + i) * step + column, count = row + i < Rows ? Width - column : 0;
            if (wide != 0 && count > 0) numbers.Cast<F4>()[at >> 2] = four;
            if (wide != 0) continue;
            if (count > 0) numbers[at] = four.X;
            if (count > 1) numbers[at + 1] = four.Y;
            if (count > 2) numbers[at + 2] = four.Z;
            if (count > 3) numbers[at + 3] = four.W;
        }
    }
}

/// <summary>What a thread has loaded for a slice.</summary>
public readonly struct Rows4(F4 a, F4 b, F4 c, F4 d)
{
    public readonly F4 A = a, B = b, C = c, D = d;
}
