using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class Attention
{
    /// <summary>
    /// The gradients, from weights computed anew block by block: with w the weights, δ = Σ dy ⊙ y and ds = w ⊙ (dy vᵀ − δ),
    /// dv = wᵀ dy, dq = scale · ds k, dk = scale · dsᵀ q, dbias = ds (Dao et al., 2022, appendix B.4). An item is a whole head: one worker
    /// sums each gradient, in a fixed order, and computes the scores only once.
    /// </summary>
    /// <param name="lse">From <see cref="Forward{T}"/>.</param>
    /// <param name="delta">Receives δ, (batch, heads, queries).</param>
    /// <param name="dbias">Receives the bias's gradient without broadcasting, (batch, heads, queries, keys) and dense; empty if not
    /// wanted.</param>
    public readonly struct Backward<T>(View<T> q, View<T> k, View<T> v, View<byte> mask, View<T> bias, View<T> y, View<T> lse, View<T> dy,
        View<T> delta, View<T> dq, View<T> dk, View<T> dv, View<T> dbias, AttentionShape shape) : IKernel<T> where T : unmanaged
    {
        /// <summary>The number of heads in the whole batch.</summary>
        public static int Items(AttentionShape shape) => shape.Batch * shape.Heads;

        /// <summary>A head's operands and where its gradients go.</summary>
        ref struct Head
        {
            public int Number;
            public T* DY, DQ, DK, DV;
            public T* KeysTransposed, ValuesTransposed;
            public Panels<T> PanelsOfK, PanelsOfQ, PanelsOfDY;
            public T* Weights, DS;
        }

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            int keys = shape.KeysSeen(shape.Queries), width = 2 * V.Count, padded = RoundUp(keys, width);
            int headWidth = RoundUp(shape.HeadDim, width), valueWidth = RoundUp(shape.ValueDim, width);
            var memory = Scratch<AttentionShape>.Take<T>(Math.Max((long)padded * (shape.HeadDim + shape.ValueDim) + (long)keys * headWidth
                + (long)shape.Queries * (headWidth + valueWidth) + 2 * QueryBlock * ScoreRow, 2L * width * shape.ValueDim));
            for (var item = from; item < to; item++)
            {
                Head head = new() { Number = item, KeysTransposed = memory };
                head.ValuesTransposed = head.KeysTransposed + (long)padded * shape.HeadDim;
                var packed = head.ValuesTransposed + (long)padded * shape.ValueDim;
                head.Weights = packed + (long)keys * headWidth + (long)shape.Queries * (headWidth + valueWidth);
                head.DS = head.Weights + QueryBlock * ScoreRow;
                Begin<V>(ref head, packed);
                for (var block = 0; block < QueryBlocks(shape); block++)
                {
                    var (row, rows) = Queries(shape, block);
                    var end = shape.KeysSeen(row + rows);
                    for (var key = 0; key < end; key += KeyBlock) Block<V>(head, row, rows, key, Math.Min(KeyBlock, end - key));
                }
            }
        }

        /// <summary>Computes a head's δ, packs what of its operands must be, and clears the gradients of keys that no query sees.</summary>
        void Begin<V>(ref Head head, T* memory) where V : struct, ISimd<V, T>
        {
            var (batch, h) = shape.Place(head.Number);
            int keys = shape.KeysSeen(shape.Queries), headWidth = RoundUp(shape.HeadDim, 2 * V.Count);
            T* hq = q.Pointer + shape.Q.At(batch, h), hk = k.Pointer + shape.K.At(batch, h);
            T* hv = v.Pointer + shape.V.At(batch, h), hy = y.Pointer + shape.Y.At(batch, h);
            head.DY = dy.Pointer + shape.DY.At(batch, h);
            head.DQ = dq.Pointer + shape.DQ.At(batch, h);
            head.DK = dk.Pointer + shape.DK.At(batch, h);
            head.DV = dv.Pointer + shape.DV.At(batch, h);
            // first, in the memory that the keys and values are packed to next
            Deltas<V>(head.DY, hy, delta.Pointer + head.Number * shape.Queries, head.KeysTransposed);
            new Scores<T>(q, k, mask, bias, shape).PackKeys<V>(head.Number, head.KeysTransposed);
            MatMul.PackPanels<T, V>(hv, 1, shape.V.Row, shape.ValueDim, keys, head.ValuesTransposed);
            head.PanelsOfK = Panels<T>.Of<V>(hk, shape.K.Row, keys, shape.HeadDim, memory);
            head.PanelsOfQ = Panels<T>.Of<V>(hq, shape.Q.Row, shape.Queries, shape.HeadDim, memory += (long)keys * headWidth);
            head.PanelsOfDY = Panels<T>.Of<V>(head.DY, shape.DY.Row, shape.Queries, shape.ValueDim,
                memory + (long)shape.Queries * headWidth);
            if (keys == 0) Clear(head.DQ, 0, shape.Queries, shape.HeadDim, shape.DQ.Row);
            var seen = shape.Queries == 0 ? 0 : keys;
            Clear(head.DK, seen, shape.Keys, shape.HeadDim, shape.DK.Row);
            Clear(head.DV, seen, shape.Keys, shape.ValueDim, shape.DV.Row);
            if (dbias.Length > 0)
                new Span<T>(dbias.Pointer + (long)head.Number * shape.Queries * shape.Keys, shape.Queries * shape.Keys).Clear();
        }

        /// <summary>
        /// δ = dy · y of all rows, summed number by number as the tiles sum dy · v: where a query looks at one key alone, y is its v, and
        /// the difference of the two is exactly 0. Rows lie across the register for that, so both are transposed, two registers of rows at
        /// a time.
        /// </summary>
        [MethodImpl(Compiled.Alone)]
        void Deltas<V>(T* dy, T* y, T* delta, T* memory) where V : struct, ISimd<V, T>
        {
            var width = 2 * V.Count;
            T* slopes = memory, values = memory + width * shape.ValueDim;
            for (var i = 0; i < shape.Queries; i += width)
            {
                var count = Math.Min(width, shape.Queries - i);
                MatMul.PackPanels<T, V>(dy + (long)i * shape.DY.Row, 1, shape.DY.Row, shape.ValueDim, count, slopes);
                MatMul.PackPanels<T, V>(y + (long)i * shape.Y.Row, 1, shape.Y.Row, shape.ValueDim, count, values);
                V left = V.Of(0), right = V.Of(0);
                for (var j = 0; j < shape.ValueDim * width; j += width)
                {
                    left = V.MulAdd(MatMul.Load<T, V>(slopes + j), MatMul.Load<T, V>(values + j), left);
                    right = V.MulAdd(MatMul.Load<T, V>(slopes + j + V.Count), MatMul.Load<T, V>(values + j + V.Count), right);
                }
                MatMul.Store(left, values);
                MatMul.Store(right, values + V.Count);
                new Span<T>(values, count).CopyTo(new(delta + i, count));
            }
        }

        /// <summary>What a block of queries and keys adds to the gradients.</summary>
        void Block<V>(in Head head, int row, int rows, int key, int keys) where V : struct, ISimd<V, T>
        {
            int width = 2 * V.Count, strips = Strips<V, T>(shape, rows);
            T* weights = head.Weights, ds = head.DS;
            new Scores<T>(q, k, mask, bias, shape).Block<V>(head.Number, row, rows, key, keys, head.KeysTransposed, weights);
            Scores<T>.Products<V>(shape, head.DY, shape.DY.Row, shape.ValueDim, row, rows, key, keys, head.ValuesTransposed, ds);
            Slopes<V>(head.Number, row, rows, key, keys, weights, ds);
            for (var j = 0; j < shape.HeadDim; j += 2 * width)
                for (var strip = 0; strip < strips; strip++)
                {
                    var (first, count) = Strip(rows, strip, strips);
                    var to = head.DQ + (long)(row + first) * shape.DQ.Row + j;
                    MatMul.Panel<T, V>(count, Math.Min(2 * width, shape.HeadDim - j), shape.Seen(row + first + count - 1, key, keys),
                        ds + first * ScoreRow, ScoreRow, 1, head.PanelsOfK.At(j / width, key), head.PanelsOfK.Row, head.PanelsOfK.Next,
                        to, shape.DQ.Row, key == 0 ? null : to, shape.DQ.Row);
                }
            ByKeys<V>(ds, head.PanelsOfQ, head.DK, shape.DK.Row, shape.HeadDim, row, rows, key, keys);
            ByKeys<V>(weights, head.PanelsOfDY, head.DV, shape.DV.Row, shape.ValueDim, row, rows, key, keys);
        }

        /// <summary>gradient += slopesᵀ x for a block's keys, of which those that no block before saw get their first summand.</summary>
        void ByKeys<V>(T* slopes, Panels<T> x, T* gradient, int gradientRow, int size, int row, int rows, int key, int keys)
            where V : struct, ISimd<V, T>
        {
            var old = row == 0 ? 0 : Math.Clamp(shape.KeysSeen(row) - key, 0, keys);
            for (var j = 0; j < size; j += 4 * V.Count)
            {
                ByKeys<V>(slopes, x, gradient, gradientRow, size, row, rows, key, 0, old, j, begun: true);
                ByKeys<V>(slopes, x, gradient, gradientRow, size, row, rows, key, old, keys, j, begun: false);
            }
        }

        /// <summary>
        /// The same for keys <paramref name="from"/> to <paramref name="to"/> of the block and the two panels of columns from
        /// <paramref name="j"/> on.
        /// </summary>
        void ByKeys<V>(T* slopes, Panels<T> x, T* gradient, int gradientRow, int size, int row, int rows, int key,
            int from, int to, int j, bool begun)
            where V : struct, ISimd<V, T>
        {
            int width = 2 * V.Count, strips = Strips<V, T>(shape, to - from);
            for (var strip = 0; strip < strips; strip++)
            {
                var (start, count) = Strip(to - from, strip, strips);
                start += from;
                var query = Math.Clamp(shape.FirstSeeing(key + start) - row, 0, rows);
                var sum = gradient + (long)(key + start) * gradientRow + j;
                MatMul.Panel<T, V>(count, Math.Min(2 * width, size - j), rows - query, slopes + query * ScoreRow + start, 1, ScoreRow,
                    x.At(j / width, row + query), x.Row, x.Next, sum, gradientRow, begun ? sum : null, gradientRow);
            }
        }

        /// <summary>
        /// Scores to weights, w = exp(s − lse), dropped where the forward pass dropped them, and dy vᵀ to scale · ds; both 0 for keys that
        /// a query does not see.
        /// </summary>
        [MethodImpl(Compiled.Alone)]
        void Slopes<V>(int head, int row, int rows, int key, int keys, T* weights, T* ds) where V : struct, ISimd<V, T>
        {
            V zero = V.Of(0), scale = V.Of(dbias.Length > 0 ? 1 : shape.Scale);
            for (var i = 0; i < rows; i++, weights += ScoreRow, ds += ScoreRow)
            {
                int at = head * shape.Queries + row + i, seen = shape.Seen(row + i, key, keys);
                if (shape.Dropout > 0) Drop<T>(shape, head, row + i, key, new(ds, seen));
                V shift = Shift<V, T>(lse[at]), mean = V.Broadcast(delta[at]);
                var j = 0;
                for (; j <= seen - V.Count; j += V.Count)
                {
                    var w = V.Exp(MatMul.Load<T, V>(weights + j) - shift);
                    MatMul.Store(w, weights + j);
                    MatMul.Store(w * (MatMul.Load<T, V>(ds + j) - mean) * scale, ds + j);
                }
                if (j < seen)
                {
                    var w = V.Exp(Seen<V, T>(weights + j, seen - j) - shift);
                    MatMul.Store(w, weights + j);
                    MatMul.Store(w * (V.LoadPart(new(ds + j, V.Count), 0, seen - j, default) - mean) * scale, ds + j);
                    j += V.Count;
                }
                for (; j < keys; j += V.Count)
                {
                    MatMul.Store(zero, weights + j);
                    MatMul.Store(zero, ds + j);
                }
                if (dbias.Length > 0)
                {
                    new Span<T>(ds, seen).CopyTo(dbias.Row(at, shape.Keys).Span[key..]);
                    Rows.Scale<V, T>(new(ds, seen), shape.Scale);
                }
                if (shape.Dropout > 0) Drop<T>(shape, head, row + i, key, new(weights, seen));
            }
        }

        static void Clear(T* x, int from, int to, int size, int row)
        {
            for (var i = from; i < to; i++) new Span<T>(x + (long)i * row, size).Clear();
        }
    }
}
