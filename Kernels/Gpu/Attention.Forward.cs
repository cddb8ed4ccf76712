using ILGPU;

namespace NanoAttention.Kernels.Gpu;

public static partial class Attention
{
    /// <summary>
    /// y, and for the backward pass lse = log Σⱼ exp(sⱼ), (batch, heads, queries): in one pass over the keys, with an online softmax
    /// (Milakov and Gimelshein, 2018; Dao et al., FlashAttention, 2022; the loops are those of FlashAttention-2, Dao, 2023, §3.1). A group
    /// takes a block of queries of one head and a tile's width of the values; wider values are cut into slices, for each of which the
    /// scores are computed anew. The blocks that see most keys come first, so that none is left to run alone in the end.
    /// </summary>
    public static void Forward<S>(AttentionInputs inputs, Heads y, ArrayView<float> lse) where S : struct, IAttentionTile
    {
        ArrayView<F4> sliceA = SharedMemory.Allocate<F4>(MaxSlice), sliceB = SharedMemory.Allocate<F4>(MaxSlice);
        ArrayView<F4> weights = SharedMemory.Allocate<F4>(MaxWeights), totals = SharedMemory.Allocate<F4>(2 * MaxThreads);
        // Σ exp(s − max) of the thread's own keys, for each of its queries: in a register ILGPU would add it up late, and keep s for that
        var total = totals.SubView(2 * (Y * S.Side + X));
        int blocks = Blocks<S>(inputs.Queries), slices = Slices<S>(inputs.V.Width);
        for (int item = Grid.IdxX; item < blocks * slices * inputs.Count; item += Grid.DimX)
        {
            AttentionItem at = new(item, slices, inputs.Count);
            var head = inputs.Of(at.Head);
            int first = (blocks - 1 - at.Block) * Size<S>(), query = first + 8 * Y, column = at.Slice * Size<S>();
            int end = head.Scores.KeysSeen(first + Size<S>());
            F8 max = new(float.NegativeInfinity);                       // the largest score so far
            Tile sum = default;                                         // Σ exp(s − max) v
            Put(new(0), total);
            for (int start = 0; start < end; start += Size<S>())
            {
                int key = start + 4 * X;
                var s = head.Scores.ByQuery(Product<S>(head.Q, first, head.K, start, sliceA, sliceB), query, key);
                F8 now = F8.Max(max, Fold<S>(s.Max(), true, sliceB)), shift = now.Shift(), lower = (max - shift).Exp();
                max = now;
                s = (s - shift).Exp();
                Put(new F8(total[0], total[1]) * lower + s.Sum(), total);
                Show<S>(head.Scores.Drop(s, query, key), weights);
                sum = Sum<S>(sum * lower, weights, head.V, start, column, sliceA);
            }
            F8 all = Fold<S>(new(total[0], total[1]), false, sliceB);
            y.Of(at.Head, inputs.Heads).Put(query, column + 4 * X, sum * all.Inverse());
            if (at.Slice == 0 && X == 0)
                for (int i = 0; i < 8 && query + i < inputs.Queries; i++)
                    lse[at.Head * inputs.Queries + query + i] = max.At(i) + FloatMath.Log(all.At(i));
            Group.Barrier();                                            // before the next block overwrites what was folded
        }
    }
}
