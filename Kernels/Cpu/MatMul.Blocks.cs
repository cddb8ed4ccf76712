namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class MatMul
{
    /// <summary>The most rows of a block: with <see cref="MaxDepth"/> numbers each, a's part stays in the second-level cache.</summary>
    const int MaxRows = 240;

    /// <summary>The longest block of k: a panel of two registers of columns then takes 16 kB of the first-level cache (AVX2).</summary>
    const int MaxDepth = 256;

    /// <summary>A gap after each packed row of a, so that rows do not lie a power of two apart, which would crowd them into one set of the cache.</summary>
    const int Pad = 16;

    /// <summary>How C is cut into blocks of (Rows, Columns), the last ones smaller: the items of <see cref="Packed{T}"/>.</summary>
    readonly record struct Blocks(int Rows, int Columns, int AcrossRows, int AcrossColumns)
    {
        const int LeastRows = 4 * TileRows, LeastColumns = 64;
        const double LeastWork = 1 << 16; // multiply-adds: some microseconds, against which handing out an item costs nothing

        /// <summary>About four items a processor where there is work enough. Columns are cut first: B's panels are then packed once.</summary>
        public static Blocks Of(MatMulShape s)
        {
            double depth = Math.Max(s.K, 1), most = Math.Max(LeastWork, depth * s.M * s.N * s.Batch / (4 * Environment.ProcessorCount));
            int rows = Parts(s.M, TileRows * Math.Max(1, Parts(s.M, MaxRows))) * TileRows, columns = s.N;
            while (depth * rows * columns > most)
                if (columns >= 2 * LeastColumns) columns = HalfOf(columns, LeastColumns);
                else if (rows >= 2 * LeastRows) rows = HalfOf(rows, TileRows);
                else break;
            return new(rows, columns, Parts(s.M, rows), Parts(s.N, columns));
        }

        public int Items(int batch) => batch * AcrossRows * AcrossColumns;

        /// <summary>Where an item's block lies.</summary>
        public (int Batch, int Row, int Column) At(int item)
        {
            var (rest, column) = Math.DivRem(item, AcrossColumns);
            var (batch, row) = Math.DivRem(rest, AcrossRows);
            return (batch, row * Rows, column * Columns);
        }

        static int HalfOf(int size, int unit) => Parts(size, 2 * unit) * unit;
        static int Parts(int size, int part) => size == 0 ? 0 : (size + part - 1) / part;
    }
}
