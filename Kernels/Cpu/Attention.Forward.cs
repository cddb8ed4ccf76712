using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class Attention
{
    /// <summary>
    /// y and, for the backward pass, lse = log Σⱼ exp(sⱼ), (batch, heads, queries). An item is a block of queries of one head.
    /// </summary>
    /// <param name="mask">1 where a query may see a key, 0 where not; empty for none.</param>
    /// <param name="bias">Added to the scores; empty for none.</param>
    public readonly struct Forward<T>(View<T> q, View<T> k, View<T> v, View<byte> mask, View<T> bias, View<T> y, View<T> lse,
        AttentionShape shape) : IKernel<T> where T : unmanaged
    {
        /// <summary>The number of query blocks of all heads.</summary>
        public static int Items(AttentionShape shape) => shape.Batch * shape.Heads * QueryBlocks(shape);

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            int keys = shape.KeysSeen(shape.Queries), valueWidth = RoundUp(shape.ValueDim, 2 * V.Count), packed = -1;
            var packedKeys = Scores<T>.PackedKeys(shape, V.Count);
            var panels = Scratch<AttentionShape>.Take<T>(packedKeys + (long)keys * valueWidth
                + QueryBlock * (ScoreRow + 2 + V.Count + valueWidth));
            T* values = panels + packedKeys, block = values + (long)keys * valueWidth;
            Sums sums = new(block + QueryBlock * ScoreRow, V.Count, valueWidth);
            Scores<T> scores = new(q, k, mask, bias, shape);
            Panels<T> panelsOfV = default;
            for (var item = from; item < to; item++)
            {
                var (head, queries) = Math.DivRem(item, QueryBlocks(shape));
                if (head != packed)
                {
                    var (batch, h) = shape.Place(head);
                    scores.PackKeys<V>(head, panels);
                    panelsOfV = Panels<T>.Of<V>(v.Pointer + shape.V.At(batch, h), shape.V.Row, keys, shape.ValueDim, values);
                    packed = head;
                }
                var (row, rows) = Queries(shape, queries);
                Block<V>(scores, head, row, rows, panels, panelsOfV, block, sums);
            }
        }

        /// <summary>
        /// What is known of a block's rows so far: the largest score, Σ exp(s − max) in a register's lanes, and Σ exp(s − max) v.
        /// </summary>
        readonly struct Sums(T* memory, int count, int valueWidth)
        {
            public T* Max => memory;
            public T* Factor => memory + QueryBlock;
            public T* Total(int row) => memory + 2 * QueryBlock + row * count;
            public T* Value(int row) => memory + (2 + count) * QueryBlock + (long)row * valueWidth;
            public int ValueWidth => valueWidth;
        }

        /// <summary>A block of queries meets the keys, block by block.</summary>
        void Block<V>(Scores<T> scores, int head, int row, int rows, T* panels, Panels<T> values, T* s, Sums sums)
            where V : struct, ISimd<V, T>
        {
            int width = 2 * V.Count, end = shape.KeysSeen(row + rows), strips = Strips<V, T>(shape, rows);
            new Span<T>(sums.Max, rows).Fill(Number.Of<T>(double.NegativeInfinity));
            new Span<T>(sums.Total(0), rows * V.Count).Clear();
            if (end == 0) new Span<T>(sums.Value(0), rows * sums.ValueWidth).Clear();
            for (var key = 0; key < end; key += KeyBlock)
            {
                var keys = Math.Min(KeyBlock, end - key);
                scores.Block<V>(head, row, rows, key, keys, panels, s);
                Correct<V>(row, rows, key, keys, s, sums);
                for (var i = 0; shape.Dropout > 0 && i < rows; i++)
                    Drop<T>(shape, head, row + i, key, new(s + i * ScoreRow, shape.Seen(row + i, key, keys)));
                for (var j = 0; j < sums.ValueWidth; j += 2 * width)
                    for (var strip = 0; strip < strips; strip++)
                    {
                        var (first, count) = Strip(rows, strip, strips);
                        var sum = sums.Value(first) + j;
                        MatMul.Panel<T, V>(count, Math.Min(2 * width, sums.ValueWidth - j),
                            shape.Seen(row + first + count - 1, key, keys), s + first * ScoreRow, ScoreRow, 1,
                            values.At(j / width, key), values.Row, values.Next, sum, sums.ValueWidth,
                            key == 0 ? null : sum, sums.ValueWidth);
                    }
            }
            Finish<V>(head, row, rows, sums);
        }

        /// <summary>
        /// Online softmax: s ← exp(s − m) with m the row's largest score so far, and what was summed under a smaller m is scaled down to
        /// it. Each step takes all rows, as one row's steps wait for each other.
        /// </summary>
        [MethodImpl(Compiled.Alone)]
        void Correct<V>(int row, int rows, int key, int keys, T* s, Sums sums) where V : struct, ISimd<V, T>
        {
            T* max = sums.Max, factor = sums.Factor;
            for (var i = 0; i < rows; i++) factor[i] = Peak<V>(s + i * ScoreRow, shape.Seen(row + i, key, keys));
            V none = V.Of(double.NegativeInfinity), zero = V.Of(0);
            for (var i = 0; i < rows; i += V.Count)
            {
                V before = MatMul.Load<T, V>(max + i), now = V.Max(before, MatMul.Load<T, V>(factor + i));
                MatMul.Store(now, max + i);
                MatMul.Store(V.Exp(before - V.IfEqual(now, none, zero, now)), factor + i);
            }
            T* total = sums.Total(0), value = sums.Value(0);
            for (var i = 0; i < rows; i++, s += ScoreRow, total += V.Count, value += sums.ValueWidth)
            {
                var sum = Weigh(s, shape.Seen(row + i, key, keys), keys, Shift<V, T>(max[i]));
                var lower = V.Broadcast(factor[i]);
                MatMul.Store(V.MulAdd(MatMul.Load<T, V>(total), lower, sum), total);
                if (key == 0 || Number.Double(factor[i]) == 1) continue;
                for (var j = 0; j < sums.ValueWidth; j += V.Count) MatMul.Store(MatMul.Load<T, V>(value + j) * lower, value + j);
            }
        }

        /// <summary>The largest score; −∞ for none; any number if one is NaN, which whoever subtracts it from the scores will meet.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static T Peak<V>(T* s, int seen) where V : struct, ISimd<V, T>
        {
            V top = V.Of(double.NegativeInfinity), other = top;
            var j = 0;
            for (; j <= seen - 2 * V.Count; j += 2 * V.Count)
            {
                V x = MatMul.Load<T, V>(s + j), next = MatMul.Load<T, V>(s + j + V.Count);
                top = V.Larger(top, x);
                other = V.Larger(other, next);
            }
            for (; j < seen; j += V.Count) top = V.Larger(top, Seen<V, T>(s + j, seen - j));
            return V.Peak(V.Larger(top, other));
        }

        /// <summary>y = sums/total, or 0 where the total is, and lse = max + log total.</summary>
        [MethodImpl(Compiled.Alone)]
        void Finish<V>(int head, int row, int rows, Sums sums) where V : struct, ISimd<V, T>
        {
            var (batch, h) = shape.Place(head);
            var to = y.Pointer + shape.Y.At(batch, h) + (long)row * shape.Y.Row;
            T* total = sums.Factor;         // whose numbers have served
            T* logs = lse.Pointer + head * shape.Queries + row;
            for (var i = 0; i < rows; i++, to += shape.Y.Row)
            {
                total[i] = V.Sum(MatMul.Load<T, V>(sums.Total(i)));
                var sum = Number.Double(total[i]);
                var share = V.Of(sum == 0 ? 1 : 1 / sum);
                var from = sums.Value(i);
                var j = 0;
                for (; j <= shape.ValueDim - V.Count; j += V.Count) MatMul.Store(MatMul.Load<T, V>(from + j) * share, to + j);
                if (j < shape.ValueDim) V.StorePart(MatMul.Load<T, V>(from + j) * share, new(to + j, V.Count), 0, shape.ValueDim - j);
            }
            for (var i = 0; i < rows; i += V.Count)
            {
                var log = MatMul.Load<T, V>(sums.Max + i) + V.Log(MatMul.Load<T, V>(total + i));
                if (i <= rows - V.Count) MatMul.Store(log, logs + i);
                else V.StorePart(log, new(logs + i, V.Count), 0, rows - i);
            }
        }
    }
}
