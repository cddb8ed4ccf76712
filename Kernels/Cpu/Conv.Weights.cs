using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class Conv
{
    /// <summary>
    /// Wyᵀ, the transpose of weight = y · Wᵀ, over each part of the batch's windows: the gradient of <see cref="Forward{T}"/> in its weight
    /// is the sum of the parts. W's rows are copied as they lie, some hundred windows at a time; it is y, as often smaller as there are
    /// taps, that is transposed. Into how many parts the windows are cut depends on the shape alone. An item is a part, a group and some
    /// rows of W.
    /// </summary>
    /// <param name="sums">(parts, groups, inputs · taps, outputs)</param>
    public readonly struct Weights<T>(View<T> x, View<int> offsets, View<T> y, View<T> sums, ConvShape shape)
        : IKernel<T> where T : unmanaged
    {
        const int MaxRows = 384, MaxColumns = 256;      // of W: a block of half the second-level cache
        const int MostSums = 1 << 20;                   // numbers, over all parts

        /// <summary>The number of parts: enough to share out, unless the weight is so large that rows are.</summary>
        public static int Parts(ConvShape shape)
        {
            int size = Math.Max(1, shape.Groups * shape.Depth * shape.Outputs);
            return Math.Clamp(MostSums / size, 1, Math.Min(16, Blocks(shape.Columns, MaxColumns)));
        }

        public static int Items(ConvShape shape) => Parts(shape) * shape.Groups * Blocks(shape.Depth, MaxRows);

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            int parts = Parts(shape), rowBlocks = Blocks(shape.Depth, MaxRows), width = 4 * V.Count;
            T* block = Scratch<Weights<T>>.Take<T>(MaxRows * (MaxColumns + Pad) + MaxColumns * width);
            T* panel = block + MaxRows * (MaxColumns + Pad);
            for (int item = from; item < to; item++)
            {
                var (rest, rowBlock) = Math.DivRem(item, rowBlocks);
                var (part, group) = Math.DivRem(rest, shape.Groups);
                int row = (int)((long)shape.Depth * rowBlock / rowBlocks);
                int rows = (int)((long)shape.Depth * (rowBlock + 1) / rowBlocks) - row;
                int first = (int)((long)shape.Columns * part / parts), end = (int)((long)shape.Columns * (part + 1) / parts);
                T* c = sums.Pointer + (((long)part * shape.Groups + group) * shape.Depth + row) * shape.Outputs;
                int blocks = Blocks(end - first, MaxColumns);
                for (int b = 0, j = first, count; b < blocks; b++, j += count)
                {
                    count = MatMul.Share(end - j, b, blocks);
                    Block<V>(group, row, rows, j, count, block, panel, c, b > 0);
                }
            }
        }

        /// <summary>c (+)= W yᵀ over some columns.</summary>
        [SkipLocalsInit]
        void Block<V>(int group, int row, int rows, int column, int columns, T* block, T* panel, T* c, bool more)
            where V : struct, ISimd<V, T>
        {
            const int step = MaxColumns + Pad;
            var windows = new Windows<T>(x, offsets, shape, group);
            Run* runs = stackalloc Run[MaxColumns], images = stackalloc Run[MaxColumns];
            int pieces = Images(column, columns, shape.Places, shape.Groups * shape.Outputs, group * shape.Outputs, images);
            int found = windows.Find(column, columns, runs);
            windows.Pack<V>(row, rows, runs, found, block, step);
            if (shape.Outputs <= FewOutputs)
                for (int m = 0; m < shape.Outputs; m++)
                {
                    for (int i = 0; i < pieces; i++)
                        Copy<T, V>(y.Pointer + images[i].From + (long)m * shape.Places, panel + images[i].At, images[i].Length);
                    for (int r = 0; r < rows; r++)
                    {
                        T* to = c + (long)r * shape.Outputs + m;
                        double dot = Number.Double(Rows.Dot<V, T>(new(block + (nint)r * step, columns), new(panel, columns)));
                        *to = Number.Of<T>(more ? Number.Double(*to) + dot : dot);
                    }
                }
            else
                for (int m = 0; m < shape.Outputs; m += 4 * V.Count)
                {
                    int count = Math.Min(4 * V.Count, shape.Outputs - m), width = (count + 2 * V.Count - 1) / (2 * V.Count) * 2 * V.Count;
                    for (int i = 0; i < pieces; i++)
                        MatMul.Pack<T, V>(y.Pointer + images[i].From + (long)m * shape.Places, 1, shape.Places, images[i].Length, count,
                            panel + (nint)images[i].At * width, width);
                    MatMul.Panel<T, V>(rows, count, columns, block, step, 1, panel, width, 2 * V.Count,
                        c + m, shape.Outputs, more ? c + m : null, shape.Outputs);
                }
        }
    }
}
