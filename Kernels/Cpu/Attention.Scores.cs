using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class Attention
{
    /// <summary>What all attention kernels begin with: blocks of scores, s = scale · q kᵀ + bias, −∞ where the mask forbids.</summary>
    readonly struct Scores<T>(View<T> q, View<T> k, View<byte> mask, View<T> bias, AttentionShape shape) where T : unmanaged
    {
        static readonly T Masked = Number.Of<T>(double.NegativeInfinity);

        /// <summary>How many numbers <see cref="PackKeys"/> writes, in registers of <paramref name="count"/>.</summary>
        public static long PackedKeys(AttentionShape shape, int count) =>
            (long)RoundUp(shape.KeysSeen(shape.Queries), 2 * count) * shape.HeadDim;

        /// <summary>Copies scale · kᵀ of a head to panels.</summary>
        public void PackKeys<V>(int head, T* panels) where V : struct, ISimd<V, T>
        {
            var (batch, h) = shape.Place(head);
            MatMul.PackPanels<T, V>(k.Pointer + shape.K.At(batch, h), 1, shape.K.Row, shape.HeadDim, shape.KeysSeen(shape.Queries), panels);
            Rows.Scale<V, T>(new(panels, (int)PackedKeys(shape, V.Count)), shape.Scale);
        }

        /// <summary>
        /// The scores of some queries and up to <see cref="KeyBlock"/> keys. What a row holds for keys that it does not see is garbage.
        /// </summary>
        public void Block<V>(int head, int row, int rows, int key, int keys, T* panels, T* scores) where V : struct, ISimd<V, T>
        {
            var (batch, h) = shape.Place(head);
            Products<V>(shape, q.Pointer + shape.Q.At(batch, h), shape.Q.Row, shape.HeadDim, row, rows, key, keys, panels, scores);
            if (bias.Length == 0 && mask.Length == 0) return;
            for (var i = 0; i < rows; i++)
            {
                var seen = shape.Seen(row + i, key, keys);
                View<T> s = new(scores + i * ScoreRow, seen);
                if (bias.Length > 0) AddBias<V>(s, bias.Pointer + shape.Bias.At(batch, h, row + i, key));
                if (mask.Length > 0) Hide(s, mask.Pointer + shape.Mask.At(batch, h, row + i, key));
            }
        }

        /// <summary>
        /// Rows of x, from the head's first on, times packed keys or values: two panels at a time for the queries that see any key of both,
        /// the first alone for those that see but that.
        /// </summary>
        public static void Products<V>(AttentionShape shape, T* x, int xRow, int depth, int row, int rows, int key, int keys, T* panels,
            T* products) where V : struct, ISimd<V, T>
        {
            var width = 2 * V.Count;
            for (var j = 0; j < keys; j += 2 * width)
            {
                var first = Math.Clamp(shape.FirstSeeing(key + j) - row, 0, rows);
                var both = j + width < keys ? Math.Clamp(shape.FirstSeeing(key + j + width) - row, 0, rows) : rows;
                Panels(first, both - first, width);
                Panels(both, rows - both, 2 * width);

                void Panels(int from, int count, int columns) =>
                    MatMul.Panel<T, V>(count, columns, depth, x + (long)(row + from) * xRow, xRow, 1, panels + (long)(key + j) * depth,
                        width, (nint)depth * width, products + from * ScoreRow + j, ScoreRow, null, 0);
            }
        }

        void AddBias<V>(View<T> s, T* b) where V : struct, ISimd<V, T>
        {
            var j = 0;
            if (shape.Bias.Key == 1)
                for (; j <= s.Length - V.Count; j += V.Count) V.Store(V.Load(s, j) + V.Load(new(b + j, V.Count), 0), s, j);
            for (; j < s.Length; j++) s[j] = Number.Of<T>(Number.Double(s[j]) + Number.Double(b[(long)j * shape.Bias.Key]));
        }

        void Hide(View<T> s, byte* m)
        {
            for (var j = 0; j < s.Length; j++)
                if (m[(long)j * shape.Mask.Key] == 0) s[j] = Masked;
        }
    }

    /// <summary>
    /// s ← exp(s − shift), whose sum it answers, in whole registers: of the keys seen, with 0 behind them up to <paramref name="end"/> at
    /// least.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Weigh<V, T>(T* s, int seen, int end, V shift) where V : struct, ISimd<V, T> where T : unmanaged
    {
        V zero = V.Of(0), sum = zero, other = zero;
        var j = 0;
        for (; j <= seen - 2 * V.Count; j += 2 * V.Count)
        {
            V w = V.Exp(MatMul.Load<T, V>(s + j) - shift), next = V.Exp(MatMul.Load<T, V>(s + j + V.Count) - shift);
            MatMul.Store(w, s + j);
            MatMul.Store(next, s + j + V.Count);
            sum += w;
            other += next;
        }
        for (; j < seen; j += V.Count)
        {
            var w = V.Exp(Seen<V, T>(s + j, seen - j) - shift);
            MatMul.Store(w, s + j);
            sum += w;
        }
        for (; j < end; j += V.Count) MatMul.Store(zero, s + j);
        return sum + other;
    }

    /// <summary>A register of scores, with −∞ for all but the first <paramref name="count"/>, which may be all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Seen<V, T>(T* s, int count) where V : struct, ISimd<V, T> where T : unmanaged =>
        count >= V.Count ? MatMul.Load<T, V>(s) : V.LoadPart(new(s, V.Count), 0, count, Number.Of<T>(double.NegativeInfinity));

    /// <summary>What scores are taken down by: their largest one or log-sum-exp, and 0 where all are −∞, which then weigh 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Shift<V, T>(T top) where V : struct, ISimd<V, T> where T : unmanaged =>
        double.IsNegativeInfinity(Number.Double(top)) ? V.Of(0) : V.Broadcast(top);

    /// <summary>
    /// Drops weights of one row, of which <paramref name="weights"/> holds those from key <paramref name="key"/> on, and scales the rest
    /// up.
    /// </summary>
    static void Drop<T>(AttentionShape shape, int head, int query, int key, View<T> weights) where T : unmanaged
    {
        var first = shape.Offset + ((ulong)head * (ulong)shape.Queries + (ulong)query) * (ulong)shape.Keys + (ulong)key;
        new Dropout.Apply<T>(weights, weights, shape.Seed, first, shape.Dropout).Run(0, weights.Length);
    }
}
