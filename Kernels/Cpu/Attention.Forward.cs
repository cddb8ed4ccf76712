using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class Attention
{
    /// <summary>y and, for the backward pass, lse = log Σⱼ exp(sⱼ), (batch, heads, queries). An item is a block of queries of one head.</summary>
    /// <param name="mask">1 where a query may see a key, 0 where not; empty for none.</param>
    /// <param name="bias">Added to the scores; empty for none.</param>
    public readonly struct Forward<T>(View<T> q, View<T> k, View<T> v, View<byte> mask, View<T> bias, View<T> y, View<T> lse, AttentionShape shape) : IKernel<T>
        where T : unmanaged
    {
        /// <summary>The number of query blocks of all heads.</summary>
        public static int Items(AttentionShape shape) => shape.Batch * shape.Heads * QueryBlocks(shape);

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            int keys = shape.KeysSeen(shape.Queries), valueWidth = RoundUp(shape.ValueDim, 2 * V.Count), packed = -1;
            var packedKeys = Scores<T>.PackedKeys(shape, V.Count);
            var panels = Scratch<AttentionShape>.Take<T>(packedKeys + (long)keys * valueWidth + QueryBlock * (ScoreRow + valueWidth));
            T* values = panels + packedKeys, block = values + (long)keys * valueWidth;
            Scores<T> scores = new(q, k, mask, bias, shape);
            for (var item = from; item < to; item++)
            {
                var (head, queries) = Math.DivRem(item, QueryBlocks(shape));
                if (head != packed)
                {
                    var (batch, h) = shape.Place(head);
                    scores.PackKeys<V>(head, panels);
                    MatMul.PackPanels<T, V>(v.Pointer + shape.V.At(batch, h), shape.V.Row, 1, keys, shape.ValueDim, values);
                    packed = head;
                }
                var (row, rows) = Queries(shape, queries);
                Block<V>(scores, head, row, rows, panels, values, block);
            }
        }

        /// <summary>A block of queries: for each row its largest score so far, Σ exp(s − max), and Σ exp(s − max) v.</summary>
        void Block<V>(Scores<T> scores, int head, int row, int rows, T* panels, T* values, T* block) where V : struct, ISimd<V, T>
        {
            int width = 2 * V.Count, valueWidth = RoundUp(shape.ValueDim, width), end = shape.KeysSeen(row + rows), packed = shape.KeysSeen(shape.Queries);
            double* max = stackalloc double[QueryBlock], total = stackalloc double[QueryBlock];
            T* s = block, sums = block + QueryBlock * ScoreRow;
            new Span<double>(max, rows).Fill(double.NegativeInfinity);
            new Span<double>(total, rows).Clear();
            new Span<T>(sums, rows * valueWidth).Clear();
            for (var key = 0; key < end; key += KeyBlock)
            {
                var keys = Math.Min(KeyBlock, end - key);
                scores.Block<V>(head, row, rows, key, keys, panels, s);
                for (var i = 0; i < rows; i++)
                {
                    var seen = shape.Seen(row + i, key, keys);
                    Correct<V>(new(s + i * ScoreRow, RoundUp(seen, V.Count)), ref max[i], ref total[i], new(sums + i * valueWidth, valueWidth));
                    if (shape.Dropout > 0) Drop<T>(shape, head, row + i, key, new(s + i * ScoreRow, seen));
                }
                for (var j = 0; j < valueWidth; j += width)
                    MatMul.Panel<T, V>(rows, width, keys, s, ScoreRow, 1, values + (long)j * packed + (long)key * width, width, sums + j, valueWidth, sums + j, valueWidth);
            }
            var (batch, h) = shape.Place(head);
            for (var i = 0; i < rows; i++)
            {
                View<T> sum = new(sums + i * valueWidth, shape.ValueDim), to = new(y.Pointer + shape.Y.At(batch, h) + (long)(row + i) * shape.Y.Row, shape.ValueDim);
                if (total[i] != 0) Rows.Scale<V, T>(sum, 1 / total[i]);
                sum.Span.CopyTo(to.Span);
                lse[head * shape.Queries + row + i] = Number.Of<T>(max[i] + Math.Log(total[i]));
            }
        }

        /// <summary>
        /// Online softmax: s ← exp(s − m) with m the largest score so far, and what was summed under a smaller m is scaled down to it.
        /// </summary>
        static void Correct<V>(View<T> s, ref double max, ref double total, View<T> sums) where V : struct, ISimd<V, T>
        {
            var largest = Math.Max(max, Number.Double(Rows.Largest<V, T>(s)));
            if (double.IsNegativeInfinity(largest)) { s.Span.Clear(); return; }
            if (largest != max)
            {
                if (total != 0)
                {
                    var factor = Math.Exp(max - largest);
                    Rows.Scale<V, T>(sums, factor);
                    total *= factor;
                }
                max = largest;
            }
            V shift = V.Of(largest), sum = V.Of(0);
            for (var j = 0; j < s.Length; j += V.Count)
            {
                var w = V.Exp(V.Load(s, j) - shift);
                V.Store(w, s, j);
                sum += w;
            }
            total += Number.Double(V.Sum(sum));
        }
    }
}
