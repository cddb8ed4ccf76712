using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class Attention
{
    /// <summary>
    /// The gradients, from weights computed anew block by block: with w the weights, δ = Σ dy ⊙ y and ds = w ⊙ (dy vᵀ − δ),
    /// dv = wᵀ dy, dq = scale · ds k, dk = scale · dsᵀ q, dbias = ds (Dao et al., 2022, appendix B.4). An item is a whole head: one worker sums
    /// each gradient, in a fixed order, and computes the scores only once.
    /// </summary>
    /// <param name="lse">From <see cref="Forward{T}"/>.</param>
    /// <param name="delta">Receives δ, (batch, heads, queries).</param>
    /// <param name="dbias">Receives the bias's gradient without broadcasting, (batch, heads, queries, keys) and dense; empty if not wanted.</param>
    public readonly struct Backward<T>(View<T> q, View<T> k, View<T> v, View<byte> mask, View<T> bias, View<T> y, View<T> lse, View<T> dy, View<T> delta,
        View<T> dq, View<T> dk, View<T> dv, View<T> dbias, AttentionShape shape) : IKernel<T> where T : unmanaged
    {
        /// <summary>The number of heads in the whole batch.</summary>
        public static int Items(AttentionShape shape) => shape.Batch * shape.Heads;

        /// <summary>A head's operands and where its gradients go; as right operands, transposed or not, they are packed in panels.</summary>
        ref struct Head
        {
            public int Number;
            public T* DY, DQ, DK, DV;
            public T* KeysTransposed, ValuesTransposed, Keys, Queries, Slopes;
            public T* Weights, Scores;
        }

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            int keys = shape.KeysSeen(shape.Queries), width = 2 * V.Count, padded = RoundUp(keys, width);
            int headWidth = RoundUp(shape.HeadDim, width), valueWidth = RoundUp(shape.ValueDim, width);
            var memory = Scratch<AttentionShape>.Take<T>((long)padded * (shape.HeadDim + shape.ValueDim) + (long)keys * headWidth
                + (long)shape.Queries * (headWidth + valueWidth) + 2 * QueryBlock * ScoreRow);
            Head head = new() { KeysTransposed = memory };
            head.ValuesTransposed = head.KeysTransposed + (long)padded * shape.HeadDim;
            head.Keys = head.ValuesTransposed + (long)padded * shape.ValueDim;
            head.Queries = head.Keys + (long)keys * headWidth;
            head.Slopes = head.Queries + (long)shape.Queries * headWidth;
            head.Weights = head.Slopes + (long)shape.Queries * valueWidth;
            head.Scores = head.Weights + QueryBlock * ScoreRow;
            for (var item = from; item < to; item++)
            {
                head.Number = item;
                Begin<V>(ref head);
                for (var block = 0; block < QueryBlocks(shape); block++)
                {
                    var (row, rows) = Queries(shape, block);
                    var end = shape.KeysSeen(row + rows);
                    for (var key = 0; key < end; key += KeyBlock) Block<V>(head, row, rows, key, Math.Min(KeyBlock, end - key));
                }
            }
        }

        /// <summary>Packs a head's operands, clears its gradients and computes its δ.</summary>
        void Begin<V>(ref Head head) where V : struct, ISimd<V, T>
        {
            var (batch, h) = shape.Place(head.Number);
            var keys = shape.KeysSeen(shape.Queries);
            T* hq = q.Pointer + shape.Q.At(batch, h), hk = k.Pointer + shape.K.At(batch, h), hv = v.Pointer + shape.V.At(batch, h), hy = y.Pointer + shape.Y.At(batch, h);
            head.DY = dy.Pointer + shape.Y.At(batch, h);
            head.DQ = dq.Pointer + shape.DQ.At(batch, h);
            head.DK = dk.Pointer + shape.DK.At(batch, h);
            head.DV = dv.Pointer + shape.DV.At(batch, h);
            new Scores<T>(q, k, mask, bias, shape).PackKeys<V>(head.Number, head.KeysTransposed);
            MatMul.PackPanels<T, V>(hv, 1, shape.V.Row, shape.ValueDim, keys, head.ValuesTransposed);
            MatMul.PackPanels<T, V>(hk, shape.K.Row, 1, keys, shape.HeadDim, head.Keys);
            MatMul.PackPanels<T, V>(hq, shape.Q.Row, 1, shape.Queries, shape.HeadDim, head.Queries);
            MatMul.PackPanels<T, V>(head.DY, shape.Y.Row, 1, shape.Queries, shape.ValueDim, head.Slopes);
            Clear(head.DQ, shape.Queries, shape.HeadDim, shape.DQ.Row);
            Clear(head.DK, shape.Keys, shape.HeadDim, shape.DK.Row);
            Clear(head.DV, shape.Keys, shape.ValueDim, shape.DV.Row);
            if (dbias.Length > 0) new Span<T>(dbias.Pointer + (long)head.Number * shape.Queries * shape.Keys, shape.Queries * shape.Keys).Clear();
            for (var i = 0; i < shape.Queries; i++)
                delta[head.Number * shape.Queries + i] = Delta<V>(head.DY + (long)i * shape.Y.Row, hy + (long)i * shape.Y.Row);
        }

        /// <summary>
        /// dy · y of a row, summed number by number as the tiles sum dy · v: where a query looks at one key alone, y is its v, and the
        /// difference of the two is exactly 0.
        /// </summary>
        T Delta<V>(T* dy, T* y) where V : struct, ISimd<V, T>
        {
            V sum = V.Of(0);
            for (var i = 0; i < shape.ValueDim; i++) sum = V.MulAdd(V.Broadcast(dy[i]), V.Broadcast(y[i]), sum);
            T first = default;
            V.StorePart(sum, new(&first, 1), 0, 1);
            return first;
        }

        /// <summary>What a block of queries and keys adds to the gradients.</summary>
        void Block<V>(in Head head, int row, int rows, int key, int keys) where V : struct, ISimd<V, T>
        {
            int width = 2 * V.Count, padded = RoundUp(keys, width), packed = shape.KeysSeen(shape.Queries);
            T* weights = head.Weights, ds = head.Scores;
            new Scores<T>(q, k, mask, bias, shape).Block<V>(head.Number, row, rows, key, keys, head.KeysTransposed, weights);
            for (var j = 0; j < padded; j += width)
                MatMul.Panel<T, V>(rows, width, shape.ValueDim, head.DY + (long)row * shape.Y.Row, shape.Y.Row, 1,
                    head.ValuesTransposed + (long)(key + j) * shape.ValueDim, width, ds + j, ScoreRow, null, 0);
            for (var i = 0; i < rows; i++) Slope<V>(head.Number, row + i, key, keys, new(weights + i * ScoreRow, padded), new(ds + i * ScoreRow, padded));
            for (var j = 0; j < shape.HeadDim; j += width)
            {
                var count = Math.Min(width, shape.HeadDim - j);
                MatMul.Panel<T, V>(rows, count, keys, ds, ScoreRow, 1, head.Keys + (long)j * packed + (long)key * width, width,
                    head.DQ + (long)row * shape.DQ.Row + j, shape.DQ.Row, head.DQ + (long)row * shape.DQ.Row + j, shape.DQ.Row);
                MatMul.Panel<T, V>(keys, count, rows, ds, 1, ScoreRow, head.Queries + (long)j * shape.Queries + (long)row * width, width,
                    head.DK + (long)key * shape.DK.Row + j, shape.DK.Row, head.DK + (long)key * shape.DK.Row + j, shape.DK.Row);
            }
            for (var j = 0; j < shape.ValueDim; j += width)
                MatMul.Panel<T, V>(keys, Math.Min(width, shape.ValueDim - j), rows, weights, 1, ScoreRow, head.Slopes + (long)j * shape.Queries + (long)row * width, width,
                    head.DV + (long)key * shape.DV.Row + j, shape.DV.Row, head.DV + (long)key * shape.DV.Row + j, shape.DV.Row);
        }

        /// <summary>One row: scores to weights (dropped where the forward pass dropped them), and dy vᵀ to scale · ds.</summary>
        void Slope<V>(int head, int query, int key, int keys, View<T> weights, View<T> ds) where V : struct, ISimd<V, T>
        {
            int at = head * shape.Queries + query, seen = shape.Seen(query, key, keys), whole = RoundUp(seen, V.Count);
            Weigh<V, T>(weights.Slice(0, whole), lse[at]);
            if (shape.Dropout > 0) Drop<T>(shape, head, query, key, ds.Slice(0, seen));
            V shift = V.Broadcast(delta[at]);
            for (var j = 0; j < whole; j += V.Count) V.Store(V.Load(weights, j) * (V.Load(ds, j) - shift), ds, j);
            ds.Span[whole..].Clear();
            if (dbias.Length > 0) ds.Span[..seen].CopyTo(dbias.Row(at, shape.Keys).Span[key..]);
            Rows.Scale<V, T>(ds.Slice(0, whole), shape.Scale);
            if (shape.Dropout > 0) Drop<T>(shape, head, query, key, weights.Slice(0, seen));
        }

        static void Clear(T* x, int rows, int size, int row)
        {
            for (var i = 0; i < rows; i++) new Span<T>(x + (long)i * row, size).Clear();
        }
    }
}
