namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class Attention
{
    /// <summary>What all attention kernels begin with: blocks of scores, s = scale · q kᵀ + bias, −∞ where a query may not see a key.</summary>
    readonly struct Scores<T>(View<T> q, View<T> k, View<byte> mask, View<T> bias, AttentionShape shape) where T : unmanaged
    {
        static readonly T Masked = Number.Of<T>(double.NegativeInfinity);

        /// <summary>How many numbers <see cref="PackKeys"/> writes, in registers of <paramref name="count"/>.</summary>
        public static long PackedKeys(AttentionShape shape, int count) => (long)RoundUp(shape.KeysSeen(shape.Queries), 2 * count) * shape.HeadDim;

        /// <summary>Copies scale · kᵀ of a head to panels.</summary>
        public void PackKeys<V>(int head, T* panels) where V : struct, ISimd<V, T>
        {
            var (batch, h) = shape.Place(head);
            MatMul.PackPanels<T, V>(k.Pointer + shape.K.At(batch, h), 1, shape.K.Row, shape.HeadDim, shape.KeysSeen(shape.Queries), panels);
            Rows.Scale<V, T>(new(panels, (int)PackedKeys(shape, V.Count)), shape.Scale);
        }

        /// <summary>
        /// The scores of some queries and up to <see cref="KeyBlock"/> keys. A row's scores of the keys it sees are followed by −∞ up to a
        /// whole register, and these by 0 up to whole panels, so that turning them into weights takes whole registers alone.
        /// </summary>
        public void Block<V>(int head, int row, int rows, int key, int keys, T* panels, T* scores) where V : struct, ISimd<V, T>
        {
            var (batch, h) = shape.Place(head);
            int width = 2 * V.Count, padded = RoundUp(keys, width);
            var from = q.Pointer + shape.Q.At(batch, h) + (long)row * shape.Q.Row;
            for (var j = 0; j < padded; j += width)
                MatMul.Panel<T, V>(rows, width, shape.HeadDim, from, shape.Q.Row, 1, panels + (long)(key + j) * shape.HeadDim, width, scores + j, ScoreRow, null, 0);
            for (var i = 0; i < rows; i++)
            {
                View<T> s = new(scores + i * ScoreRow, padded);
                int seen = shape.Seen(row + i, key, keys), whole = RoundUp(seen, V.Count);
                if (bias.Length > 0) AddBias<V>(s, bias.Pointer + shape.Bias.At(batch, h, row + i, key), seen);
                if (mask.Length > 0) Hide(s, mask.Pointer + shape.Mask.At(batch, h, row + i, key), seen);
                int last = whole - V.Count;
                if (seen < whole) V.Store(V.LoadPart(s, last, seen - last, Masked), s, last);
                for (var j = whole; j < padded; j += V.Count) V.Store(V.Of(0), s, j);
            }
        }

        void AddBias<V>(View<T> s, T* b, int seen) where V : struct, ISimd<V, T>
        {
            var j = 0;
            if (shape.Bias.Key == 1)
                for (; j <= seen - V.Count; j += V.Count) V.Store(V.Load(s, j) + V.Load(new(b + j, V.Count), 0), s, j);
            for (; j < seen; j++) s[j] = Number.Of<T>(Number.Double(s[j]) + Number.Double(b[(long)j * shape.Bias.Key]));
        }

        void Hide(View<T> s, byte* m, int seen)
        {
            for (var j = 0; j < seen; j++)
                if (m[(long)j * shape.Mask.Key] == 0) s[j] = Masked;
        }
    }

    /// <summary>Drops weights of one row, of which <paramref name="weights"/> holds those from key <paramref name="key"/> on, and scales the rest up.</summary>
    static void Drop<T>(AttentionShape shape, int head, int query, int key, View<T> weights) where T : unmanaged
    {
        var scale = 1 / (1 - shape.Dropout);
        var k = shape.Offset + ((ulong)head * (ulong)shape.Queries + (ulong)query) * (ulong)shape.Keys + (ulong)key;
        Philox.Words words = default;
        for (var j = 0; j < weights.Length; j++, k++)
        {
            if (j == 0 || k % 4 == 0) words = Philox.Bits(shape.Seed, k / 4);
            weights[j] = Philox.Uniform(words.At((int)(k % 4))) >= shape.Dropout ? Number.Of<T>(Number.Double(weights[j]) * scale) : default;
        }
    }

    /// <summary>w = exp(s − lse): the weights of a row from its scores, in place; 0 for a query that sees nothing.</summary>
    static void Weigh<V, T>(View<T> scores, T lse) where V : struct, ISimd<V, T> where T : unmanaged
    {
        if (double.IsNegativeInfinity(Number.Double(lse))) { scores.Span.Clear(); return; }
        var shift = V.Broadcast(lse);
        for (var j = 0; j < scores.Length; j += V.Count) V.Store(V.Exp(V.Load(scores, j) - shift), scores, j);
    }
}
