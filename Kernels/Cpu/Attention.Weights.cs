using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class Attention
{
    /// <summary>
    /// The weights that <see cref="Forward{T}"/> never holds, before dropout: exp(s − lse), (batch, heads, queries, keys), from its lse. A
    /// row sums to 1, or is 0 where a query may see nothing. An item is a block of queries of one head.
    /// </summary>
    public readonly struct Weights<T>(View<T> q, View<T> k, View<byte> mask, View<T> bias, View<T> lse, View<T> weights,
        AttentionShape shape) : IKernel<T> where T : unmanaged
    {
        /// <summary>The number of query blocks of all heads.</summary>
        public static int Items(AttentionShape shape) => shape.Batch * shape.Heads * QueryBlocks(shape);

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            var packedKeys = Scores<T>.PackedKeys(shape, V.Count);
            var panels = Scratch<AttentionShape>.Take<T>(packedKeys + QueryBlock * ScoreRow);
            Scores<T> scores = new(q, k, mask, bias, shape);
            var packed = -1;
            for (var item = from; item < to; item++)
            {
                var (head, queries) = Math.DivRem(item, QueryBlocks(shape));
                if (head != packed) scores.PackKeys<V>(packed = head, panels);
                var (row, rows) = Queries(shape, queries);
                Block<V>(scores, head, row, rows, panels, panels + packedKeys);
            }
        }

        void Block<V>(Scores<T> scores, int head, int row, int rows, T* panels, T* s) where V : struct, ISimd<V, T>
        {
            int end = shape.KeysSeen(row + rows), first = head * shape.Queries + row;
            for (var key = 0; key < end; key += KeyBlock)
            {
                var keys = Math.Min(KeyBlock, end - key);
                scores.Block<V>(head, row, rows, key, keys, panels, s);
                for (var i = 0; i < rows; i++)
                {
                    Weigh(s + i * ScoreRow, shape.Seen(row + i, key, keys), keys, Shift<V, T>(lse[first + i]));
                    new Span<T>(s + i * ScoreRow, keys).CopyTo(weights.Row(first + i, shape.Keys).Span[key..]);
                }
            }
            for (var i = 0; i < rows; i++) weights.Row(first + i, shape.Keys).Span[end..].Clear();
        }
    }
}
