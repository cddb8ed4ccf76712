using System.Globalization;

namespace NanoAttention;

/// <summary>How a product is cut up: into tiles of so many rows and columns of C, and its sums into so many parts.</summary>
readonly record struct Tiling(int Side, int Splits)
{
    /// <summary>As in the table: 128 or, in parts, 64/4.</summary>
    public override string ToString() => Splits == 1 ? $"{Side}" : $"{Side}/{Splits}";

    public static Tiling Parse(string text)
    {
        int[] parts = [.. text.Split('/').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
        return new(parts[0], parts.Length > 1 ? parts[1] : 1);
    }
}

/// <summary>
/// Which <see cref="Tiling"/> is fastest, by the sizes of a product: a table of a few sizes along each axis, of which the nearest count.
/// It is the resource MatMulTable.txt, which <c>Benchmarks tune</c> writes.
/// </summary>
static class MatMulTable
{
    /// <summary>The sizes in the table.</summary>
    public static readonly int[] Batches = [1, 16, 256], Depths = [64, 512, 4096], Sides = [16, 64, 256, 1024, 4096];

    static readonly Lazy<Tiling[]> table = new(Read);

    /// <summary>The tiling for this product; sums are not split where, beyond the table's sizes, there are tiles enough without.</summary>
    public static Tiling Of(Kernels.Cpu.MatMulShape shape)
    {
        int batch = Nearest(Batches, shape.Batch), k = Nearest(Depths, shape.K), m = Nearest(Sides, shape.M), n = Nearest(Sides, shape.N);
        var tiling = table.Value[((batch * Depths.Length + k) * Sides.Length + m) * Sides.Length + n];
        long tiles = (long)shape.Batch * shape.M * shape.N / (tiling.Side * tiling.Side);
        return tiles * tiling.Splits > MostTiles ? tiling with { Splits = 1 } : tiling;
    }

    /// <summary>More tiles than this need not be made by splitting sums.</summary>
    public const int MostTiles = 2048;

    /// <summary>The table as text, of what <paramref name="tiling"/> says of batch, k, m and n.</summary>
    public static string Write(string header, Func<int, int, int, int, Tiling> tiling)
    {
        string columns = $"batch k m: the tile, and in how many parts the sums are if not in one, for n = {string.Join(' ', Sides)}";
        var lines = header.Split('\n').Append(columns).Select(line => $"# {line}").ToList();
        foreach (int batch in Batches)
            foreach (int k in Depths)
                foreach (int m in Sides) lines.Add($"{batch} {k} {m}: {string.Join(' ', Sides.Select(n => tiling(batch, k, m, n)))}");
        return string.Join('\n', lines) + "\n";
    }

    static Tiling[] Read()
    {
        using var stream = typeof(MatMulTable).Assembly.GetManifestResourceStream("MatMulTable.txt")!;
        return Parse(new StreamReader(stream).ReadToEnd());
    }

    internal static Tiling[] Parse(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#');
        return [.. lines.SelectMany(line => line.Split(": ")[1].Split(' ')).Select(Tiling.Parse)];
    }

    // of sizes that are powers of one number the nearest, by ratio
    static int Nearest(int[] sizes, int size)
    {
        int i = 0;
        while (i + 1 < sizes.Length && (long)size * size > (long)sizes[i] * sizes[i + 1]) i++;
        return i;
    }
}
