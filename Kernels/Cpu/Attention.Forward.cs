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
            Panels panelsOfV = default;
            var inPlace = shape.ValueDim % (2 * V.Count) == 0;
            for (var item = from; item < to; item++)
            {
                var (head, queries) = Math.DivRem(item, QueryBlocks(shape));
                if (head != packed)
                {
                    var (batch, h) = shape.Place(head);
                    scores.PackKeys<V>(head, panels);
                    if (!inPlace) MatMul.PackPanels<T, V>(v.Pointer + shape.V.At(batch, h), shape.V.Row, 1, keys, shape.ValueDim, values);
                    panelsOfV = inPlace ? new(v.Pointer + shape.V.At(batch, h), shape.V.Row, 2 * V.Count)
                        : new(values, 2 * V.Count, (long)keys * 2 * V.Count);
                    packed = head;
                }
                var (row, rows) = Queries(shape, queries);
                Block<V>(scores, head, row, rows, panels, panelsOfV, block);
            }
        }

        /// <summary>Where v's panels lie: the first one, and how far apart their rows and they themselves are.</summary>
        readonly record struct Panels(nint First, nint Row, nint Next)
        {
            public Panels(T* first, long row, long next) : this((nint)first, (nint)row, (nint)next) { }
            public T* At(int panel, int row) => (T*)First + panel * Next + row * Row;
        }

        /// <summary>A block of queries: for each row its largest score so far, Σ exp(s − max), and Σ exp(s − max) v.</summary>
        void Block<V>(Scores<T> scores, int head, int row, int rows, T* panels, Panels values, T* block) where V : struct, ISimd<V, T>
        {
            int width = 2 * V.Count, valueWidth = RoundUp(shape.ValueDim, width), end = shape.KeysSeen(row + rows);
            double* max = stackalloc double[QueryBlock], total = stackalloc double[QueryBlock];
            T* s = block, sums = block + QueryBlock * ScoreRow;
            new Span<double>(max, rows).Fill(double.NegativeInfinity);
            new Span<double>(total, rows).Clear();
            if (end == 0) new Span<T>(sums, rows * valueWidth).Clear();
            for (var key = 0; key < end; key += KeyBlock)
            {
                var keys = Math.Min(KeyBlock, end - key);
                scores.Block<V>(head, row, rows, key, keys, panels, s);
                for (var i = 0; i < rows; i++)
                {
                    var seen = shape.Seen(row + i, key, keys);
                    Correct<V>(s + i * ScoreRow, RoundUp(seen, V.Count), ref max[i], ref total[i], sums + i * valueWidth, valueWidth);
                    if (shape.Dropout > 0) Drop<T>(shape, head, row + i, key, new(s + i * ScoreRow, seen));
                }
                for (var j = 0; j < valueWidth; j += width)
                    MatMul.Panel<T, V>(rows, width, keys, s, ScoreRow, 1, values.At(j / width, key), values.Row, sums + j, valueWidth,
                        key == 0 ? null : sums + j, valueWidth);
            }
            var (batch, h) = shape.Place(head);
            var to = y.Pointer + shape.Y.At(batch, h) + (long)row * shape.Y.Row;
            for (var i = 0; i < rows; i++, to += shape.Y.Row)
            {
                Share<V>(sums + i * valueWidth, total[i], to);
                lse[head * shape.Queries + row + i] = Number.Of<T>(max[i] + Math.Log(total[i]));
            }
        }

        /// <summary>y = sums/total, or 0 where the total is.</summary>
        void Share<V>(T* sums, double total, T* y) where V : struct, ISimd<V, T>
        {
            var factor = V.Of(total == 0 ? 1 : 1 / total);
            var j = 0;
            for (; j <= shape.ValueDim - V.Count; j += V.Count) MatMul.Store(MatMul.Load<T, V>(sums + j) * factor, y + j);
            if (j < shape.ValueDim) V.StorePart(MatMul.Load<T, V>(sums + j) * factor, new(y + j, shape.ValueDim - j), 0, shape.ValueDim - j);
        }

        /// <summary>
        /// Online softmax over whole registers: s ← exp(s − m) with m the largest score so far, and what was summed under a smaller m is
        /// scaled down to it.
        /// </summary>
        static void Correct<V>(T* s, int count, ref double max, ref double total, T* sums, int valueWidth) where V : struct, ISimd<V, T>
        {
            var largest = Math.Max(max, Number.Double(Rows.Largest<V, T>(new(s, count))));
            if (double.IsNegativeInfinity(largest)) { new Span<T>(s, count).Clear(); return; }
            if (largest != max && total != 0)
            {
                var factor = Math.Exp(max - largest);
                Rows.Scale<V, T>(new(sums, valueWidth), factor);
                total *= factor;
            }
            max = largest;
            total += Number.Double(Exponentials<V>(s, count, V.Of(largest)));
        }

        /// <summary>s ← exp(s − shift), whose sum it answers.</summary>
        [MethodImpl(Compiled.Alone)]
        static T Exponentials<V>(T* s, int count, V shift) where V : struct, ISimd<V, T>
        {
            V sum = V.Of(0), other = sum;
            int j = 0;
            for (; j <= count - 2 * V.Count; j += 2 * V.Count)
            {
                V w = V.Exp(MatMul.Load<T, V>(s + j) - shift), next = V.Exp(MatMul.Load<T, V>(s + j + V.Count) - shift);
                MatMul.Store(w, s + j);
                MatMul.Store(next, s + j + V.Count);
                sum += w;
                other += next;
            }
            if (j < count)
            {
                var w = V.Exp(MatMul.Load<T, V>(s + j) - shift);
                MatMul.Store(w, s + j);
                sum += w;
            }
            return V.Sum(sum + other);
        }
    }
}
