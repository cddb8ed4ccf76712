namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class MatMul
{
    /// <summary>
    /// The longest block of k. Longer ones read and write c less often, but two panels of b, up to 128 kB, must not outgrow the nearest
    /// caches.
    /// </summary>
    const int MaxDepth = 512;

    /// <summary>
    /// The most rows of a block: with <see cref="MaxDepth"/> numbers each, half a megabyte, a's part stays in the second-level cache.
    /// </summary>
    static int MaxRows<T>() where T : unmanaged => (1 << 19) / (MaxDepth * sizeof(T));

    /// <summary>The most columns of b that are packed at a time: two megabytes of floats, in the third-level cache.</summary>
    const int MaxColumns = 1024;

    /// <summary>So few rows of a read b where it lies: to pack it would not pay.</summary>
    const int MostRowsInPlace = 144;

    /// <summary>
    /// A gap after each packed row of a, so that rows do not lie a power of two apart, which would crowd them into one set of the cache.
    /// </summary>
    const int Pad = 16;

    /// <summary>How C is cut into blocks: so many parts of the rows, so many of the columns, as even as they can be.</summary>
    readonly record struct Blocks(int Rows, int Columns)
    {
        const int Unit = 32;                        // columns: whole panels of every register's width
        const int LeastRows = 24;                   // two tiles of AVX-512
        const double LeastWork = 200_000;           // multiply-adds: some microseconds, against which handing out a block costs nothing
        const int EvenEnough = 8;                   // matrices for each worker: one more or less makes no difference

        /// <summary>
        /// As many blocks as workers: every prime factor of their number divides the batch, or else cuts the longer side, if the parts are
        /// still worth it. Of a square the columns are cut, if b is to be packed: for parts of the rows it would be packed once for each.
        /// </summary>
        public static Blocks Of(MatMulShape s, int workers)
        {
            int rows = 1, columns = 1, units = (s.N + Unit - 1) / Unit, batch = s.Batch;
            double most = (double)s.M * s.N * s.K / LeastWork;
            for (int factor = 2; workers > 1;)
            {
                if (workers % factor != 0) { factor++; continue; }
                workers /= factor;
                if (batch % factor == 0) { batch /= factor; continue; }
                if (batch >= EvenEnough * workers * factor || rows * columns >= most) break;
                bool tall = s.M / rows >= factor * LeastRows, wide = units / columns >= factor;
                int height = s.M / rows, width = units / columns * Unit;
                if (wide && (!tall || width > height || width == height && height > factor * MostRowsInPlace)) columns *= factor;
                else if (tall) rows *= factor;
            }
            return new(rows, columns);
        }

        public int Items(int batch) => batch * Rows * Columns;

        /// <summary>Where an item's block lies.</summary>
        public (int Batch, Range Rows, Range Columns) At(int item, MatMulShape s)
        {
            var (rest, row) = Math.DivRem(item, Rows);
            var (batch, column) = Math.DivRem(rest, Columns);
            int units = (s.N + Unit - 1) / Unit;
            return (batch, Part(s.M, row, Rows)..Part(s.M, row + 1, Rows),
                (Part(units, column, Columns) * Unit)..Math.Min(s.N, Part(units, column + 1, Columns) * Unit));
        }

        static int Part(int size, int part, int parts) => (int)((long)size * part / parts);
    }
}
