using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class Conv
{
    /// <summary>
    /// y = bias + weight · W. An item is a block of y: some kernels of a group and some neighbouring windows, of one image or several. Of W
    /// two panels are copied at a time, four registers of windows, for the numbers of a window part by part, and meet all the item's
    /// kernels. The order in which a window's numbers are summed depends on their count alone.
    /// </summary>
    /// <param name="weight">(groups · outputs, inputs · taps), its rows <paramref name="weightRow"/> apart.</param>
    /// <param name="bias">A number for each output channel, or empty.</param>
    /// <param name="rowBlocks">Into how many blocks a group's kernels are cut.</param>
    public readonly struct Forward<T>(View<T> x, View<int> offsets, View<T> weight, int weightRow, View<T> bias, View<T> y, ConvShape shape,
        int rowBlocks) : IKernel<T> where T : unmanaged
    {
        /// <summary>The most windows of an item: a multiple of every panel's width.</summary>
        const int BlockColumns = 256;

        /// <summary>The most kernels of an item: with <see cref="MaxDepth"/> numbers each they stay in the second-level cache.</summary>
        const int MaxRows = 512;

        /// <summary>Into how many blocks kernels must be cut, and are so that the workers have something to share.</summary>
        public static int RowBlocks(ConvShape shape, int workers)
        {
            const int leastRows = 24;       // two tiles of AVX-512
            int blocks = Blocks(shape.Outputs, MaxRows);
            while (workers > 1 && Items(shape, blocks) < 4 * workers && shape.Outputs / (2 * blocks) >= leastRows) blocks *= 2;
            return blocks;
        }

        public static int Items(ConvShape shape, int rowBlocks) => shape.Groups * rowBlocks * Blocks(shape.Columns, BlockColumns);

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            int columnBlocks = Blocks(shape.Columns, BlockColumns), width = 4 * V.Count;
            T* panel = Scratch<Forward<T>>.Take<T>((MaxDepth + MaxRows) * width + V.Count), tile = panel + MaxDepth * width + V.Count;
            for (int item = from; item < to; item++)
            {
                var (rest, block) = Math.DivRem(item, columnBlocks);
                var (group, rowBlock) = Math.DivRem(rest, rowBlocks);
                int row = (int)((long)shape.Outputs * rowBlock / rowBlocks);
                int rows = (int)((long)shape.Outputs * (rowBlock + 1) / rowBlocks) - row;
                int column = block * BlockColumns;
                Block<V>(group, group * shape.Outputs + row, rows, column, Math.Min(BlockColumns, shape.Columns - column), panel, tile);
            }
        }

        [SkipLocalsInit]
        void Block<V>(int group, int channel, int rows, int column, int columns, T* panel, T* tile) where V : struct, ISimd<V, T>
        {
            var windows = new Windows<T>(x, offsets, shape, group);
            if (shape.Outputs <= FewOutputs)
            {
                Direct<V>(windows, channel, rows, column, columns);
                return;
            }
            int width = 4 * V.Count, parts = Blocks(shape.Depth, MaxDepth);
            Run* runs = stackalloc Run[width], images = stackalloc Run[width];
            for (int part = 0, k = 0, depth; part < parts; part++, k += depth)
            {
                depth = MatMul.Share(shape.Depth - k, part, parts);
                var left = weight.Pointer + (long)channel * weightRow + k;
                for (int j = 0; j < columns; j += width)
                {
                    int count = Math.Min(width, columns - j), found = windows.Find(column + j, count, runs);
                    windows.Pack<V>(k, depth, runs, found, panel, width);
                    int pieces = Images(column + j, count, shape.Places, shape.Groups * shape.Outputs, channel, images);
                    if (pieces == 1)
                    {
                        T* c = y.Pointer + images[0].From;
                        bool more = part > 0 || bias.Length > 0;
                        if (part == 0 && more) Begin(c, channel, rows, count);
                        MatMul.Panel<T, V>(rows, count, depth, left, weightRow, 1, panel, width, width / 2,
                            c, shape.Places, more ? c : null, shape.Places);
                        continue;
                    }
                    MatMul.Panel<T, V>(rows, width, depth, left, weightRow, 1, panel, width, width / 2,
                        tile, width, null, 0);
                    for (int i = 0; i < pieces; i++)
                    {
                        var (at, first, length) = images[i];
                        T* c = y.Pointer + at;
                        if (part == 0) Begin(c, channel, rows, length);
                        for (int r = 0; r < rows; r++) Add<T, V>(tile + (nint)r * width + first, c + (long)r * shape.Places, length);
                    }
                }
            }
        }

        /// <summary>The block for few kernels, without panels: run by run of windows that are neighbours in x and in y.</summary>
        [SkipLocalsInit]
        void Direct<V>(Windows<T> windows, int channel, int rows, int column, int columns) where V : struct, ISimd<V, T>
        {
            Run* runs = stackalloc Run[BlockColumns], images = stackalloc Run[BlockColumns];
            int found = windows.Find(column, columns, runs);
            int pieces = Images(column, columns, shape.Places, shape.Groups * shape.Outputs, channel, images);
            for (int i = 0, r = 0; i < pieces; i++)
                for (int at = images[i].At, end = at + images[i].Length, length; at < end; at += length)
                {
                    if (at == runs[r].At + runs[r].Length) r++;
                    length = Math.Min(end, runs[r].At + runs[r].Length) - at;
                    T* from = x.Pointer + runs[r].From + at - runs[r].At, to = y.Pointer + images[i].From + at - images[i].At;
                    for (int m = 0; m < rows; m++)
                        Direct<V>(from, weight.Pointer + (long)(channel + m) * weightRow, channel + m, to + (long)m * shape.Places, length);
                }
        }

        /// <summary>Windows beside each other with one kernel.</summary>
        void Direct<V>(T* from, T* kernel, int channel, T* to, int length) where V : struct, ISimd<V, T>
        {
            V start = bias.Length > 0 ? V.Broadcast(bias.Pointer[channel]) : V.Of(0);
            int* taps = offsets.Pointer;
            int i = 0;
            for (; i <= length - 2 * V.Count; i += 2 * V.Count)
            {
                V left = start, right = start;
                T* plane = from + i, w = kernel;
                for (int c = 0; c < shape.Inputs; c++, plane += shape.Plane)
                    for (int k = 0; k < shape.Taps; k++, w++)
                    {
                        var number = V.Broadcast(*w);
                        left = V.MulAdd(number, MatMul.Load<T, V>(plane + taps[k]), left);
                        right = V.MulAdd(number, MatMul.Load<T, V>(plane + taps[k] + V.Count), right);
                    }
                MatMul.Store(left, to + i);
                MatMul.Store(right, to + i + V.Count);
            }
            for (int count; i < length; i += count)
            {
                count = Math.Min(V.Count, length - i);
                var sum = start;
                T* plane = from + i, w = kernel;
                for (int c = 0; c < shape.Inputs; c++, plane += shape.Plane)
                    for (int k = 0; k < shape.Taps; k++, w++)
                        sum = V.MulAdd(V.Broadcast(*w), count == V.Count ? MatMul.Load<T, V>(plane + taps[k])
                            : V.LoadPart(new(plane + taps[k], count), 0, count, default), sum);
                if (count == V.Count) MatMul.Store(sum, to + i);
                else V.StorePart(sum, new(to + i, count), 0, count);
            }
        }

        /// <summary>c = bias</summary>
        void Begin(T* c, int channel, int rows, int count)
        {
            for (int r = 0; r < rows; r++)
                new Span<T>(c + (long)r * shape.Places, count).Fill(bias.Length > 0 ? bias.Pointer[channel + r] : default);
        }
    }
}
