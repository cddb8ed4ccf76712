using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// The gradients, from weights w = exp(s − lse) computed anew tile by tile: with δ = Σ dy ⊙ y and ds = w ⊙ (dy vᵀ − δ), dv = wᵀ dy,
/// dq = scale · ds k, dk = scale · dsᵀ q, dbias = ds (Dao et al., 2022, appendix B.4). No two groups add to the same number: one kernel
/// has a group for each block of queries, the other for each block of keys, and each sums in order, so results are equal run after run.
/// The price is that both compute the scores and dy vᵀ: seven products where five would do.
/// </summary>
public static partial class Attention
{
    /// <summary>
    /// δ = Σ dy ⊙ y, (batch, heads, queries). A thread takes a row, and sums it as the tiles sum dy vᵀ: where a query looks at one key
    /// alone, y is its v, and ds exactly 0.
    /// </summary>
    public static void Delta(AttentionInputs inputs, Heads y, Heads dy, ArrayView<float> delta)
    {
        for (int row = Threads.First; row < delta.IntLength; row += Threads.All)
        {
            int number = row / inputs.Queries, query = row - number * inputs.Queries;
            Head answers = y.Of(number, inputs.Heads), slopes = dy.Of(number, inputs.Heads);
            float sum = 0;
            for (int column = 0; column < answers.Width; column += 4)
            {
                F4 u = slopes.Four(query, column), v = answers.Four(query, column);
                sum = sum + u.X * v.X + u.Y * v.Y + u.Z * v.Z + u.W * v.W;
            }
            delta[row] = sum;
        }
    }

    /// <summary>
    /// dq, and <paramref name="dbias"/>, dense, unless that is empty. A group takes a block of queries of one head and a slice of dq.
    /// </summary>
    public static void BackwardByQuery<S>(AttentionInputs inputs, ArrayView<float> lse, ArrayView<float> delta, Heads dy, Heads dq,
        ArrayView<float> dbias) where S : struct, IAttentionTile
    {
        ArrayView<F4> sliceA = SharedMemory.Allocate<F4>(MaxSlice), sliceB = SharedMemory.Allocate<F4>(MaxSlice);
        var weights = SharedMemory.Allocate<F4>(MaxWeights);
        int blocks = Blocks<S>(inputs.Queries), slices = Slices<S>(inputs.Q.Width);
        for (int item = Grid.IdxX; item < blocks * slices * inputs.Count; item += Grid.DimX)
        {
            AttentionItem at = new(item, slices, inputs.Count);
            var head = inputs.Of(at.Head);
            int first = (blocks - 1 - at.Block) * Size<S>(), query = first + 8 * Y, column = at.Slice * Size<S>();
            Head dyOf = dy.Of(at.Head, inputs.Heads), lseOf = inputs.Row(lse, at.Head), deltaOf = inputs.Row(delta, at.Head);
            Tile sum = default;
            bool asked = dbias.Length > 0;
            int end = asked ? inputs.Keys : head.Scores.KeysSeen(first + Size<S>());        // dbias is 0 beyond what is seen
            for (int start = 0; start < end; start += Size<S>())
            {
                int key = start + 4 * X;
                var s = head.Scores.ByQuery(Product<S>(head.Q, first, head.K, start, sliceA, sliceB), query, key);
                Show<S>((s - lseOf.Eight(query).Shift()).Exp(), weights);
                var dw = head.Scores.Drop(Product<S>(dyOf, first, head.V, start, sliceA, sliceB), query, key);
                var ds = Recall<S>(weights) * (dw - deltaOf.Eight(query));
                if (asked && at.Slice == 0) inputs.Weights(dbias, at.Head).Put(query, key, ds);
                Show<S>(ds, weights);
                sum = Sum<S>(sum, weights, head.K, start, column, sliceA);
            }
            dq.Of(at.Head, inputs.Heads).Put(query, column + 4 * X, sum * new F8(head.Scores.Scale));
        }
    }

    /// <summary>
    /// dk and dv. A group takes a block of keys of one head and a slice of both gradients; its tiles lie the other way round, with keys
    /// down and queries across.
    /// </summary>
    public static void BackwardByKey<S>(AttentionInputs inputs, ArrayView<float> lse, ArrayView<float> delta, Heads dy, Heads dk, Heads dv)
        where S : struct, IAttentionTile
    {
        ArrayView<F4> sliceA = SharedMemory.Allocate<F4>(MaxSlice), sliceB = SharedMemory.Allocate<F4>(MaxSlice);
        var weights = SharedMemory.Allocate<F4>(MaxWeights);
        int blocks = Blocks<S>(inputs.Keys), slices = Slices<S>(Math.Max(inputs.K.Width, inputs.V.Width));
        for (int item = Grid.IdxX; item < blocks * slices * inputs.Count; item += Grid.DimX)
        {
            AttentionItem at = new(item, slices, inputs.Count);
            var head = inputs.Of(at.Head);
            int first = at.Block * Size<S>(), key = first + 8 * Y, column = at.Slice * Size<S>();
            Head dyOf = dy.Of(at.Head, inputs.Heads), lseOf = inputs.Row(lse, at.Head), deltaOf = inputs.Row(delta, at.Head);
            Tile sumK = default, sumV = default;
            for (int start = head.Scores.FirstSeeing(first); start < inputs.Queries; start += Size<S>())
            {
                int query = start + 4 * X;
                var s = head.Scores.ByKey(Product<S>(head.K, first, head.Q, start, sliceA, sliceB), query, key);
                Show<S>((s - lseOf.Eight(query).Shift().Low).Exp(), weights);
                var dw = Product<S>(head.V, first, dyOf, start, sliceA, sliceB);
                for (int i = 0; i < 4; i++)                             // dw to ds, and w, which others have not seen yet, through dropout
                {
                    var shown = Own<S>(weights).SubView(i * S.Side);
                    F8 w = new(shown[0], shown[1]), slope = dw.Column(i), mean = new(deltaOf.Four(0, query + i).X);
                    if (head.Scores.Drops)
                    {
                        var kept = head.Scores.KeptOfEight(query + i, key);
                        slope *= kept;
                        Put(w * kept, shown);
                    }
                    dw = dw.WithColumn(i, w * (slope - mean));
                }
                sumV = Sum<S>(sumV, weights, dyOf, start, column, sliceA);
                Show<S>(dw, weights);
                sumK = Sum<S>(sumK, weights, head.Q, start, column, sliceA);
            }
            dk.Of(at.Head, inputs.Heads).Put(key, column + 4 * X, sumK * new F8(head.Scores.Scale));
            dv.Of(at.Head, inputs.Heads).Put(key, column + 4 * X, sumV);
        }
    }
}
